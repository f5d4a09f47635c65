"""The `toolkit` command line: what it answers goes to standard output, everything else to standard error."""

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

import lambdakit
from lambdakit.cli.dev import dev
from lambdakit.cli.events import make_group
from lambdakit.cli.invoke_local import invoke_local
from lambdakit.cli.logs import logs
from lambdakit.errors import LambdakitError, UserError

_TRACEBACK = "--traceback"

_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_app.command("invoke-local")(invoke_local)
_app.command("dev")(dev)
_app.command("logs")(logs)
_app.add_typer(make_group(), name="events")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command, by default the one in `sys.argv`, and return its exit code.

    0 is success; 1 a function that failed or a fault of the toolkit; 2 a mistake of the user; 130 Ctrl-C. Each error
    is one message on standard error, after its traceback if `--traceback` stands anywhere among the arguments.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _app([word for word in words if word != _TRACEBACK], prog_name="toolkit", standalone_mode=False) or 0
    except (TyperException, LambdakitError) as error:
        if _TRACEBACK in words:
            traceback.print_exc()
        return _refuse(error)


def _refuse(error: TyperException | LambdakitError) -> int:
    if isinstance(error, LambdakitError):
        typer.echo(f"toolkit: {error}", err=True)
        return 2 if isinstance(error, UserError) else 1
    # Where a value is refused, typer quotes the library that checks it.
    message = " ".join(error.format_message().split()).rstrip(".").replace(": Value error, ", ": ", 1)
    context = getattr(error, "ctx", None)
    typer.echo(f"toolkit: {message}. Fix: see {context.command_path if context else 'toolkit'} --help", err=True)
    return error.exit_code


@_app.callback(invoke_without_command=True)
def _toolkit(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    _traceback: Annotated[
        bool, typer.Option(_TRACEBACK, help="Show where an error comes from, after any command.")
    ] = False,
) -> None:
    """Run FastAPI and other ASGI apps as AWS Lambda functions on this machine."""
    if version:
        typer.echo(f"toolkit {lambdakit.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
