from typing import Any

import typer
from typer.core import TyperGroup


class _Sources(TyperGroup):
    """The commands of every source, each made when it is asked for: nobody waits for fifty."""

    def list_commands(self, ctx: Any) -> list[str]:
        self._make()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._make(cmd_name)
        return super().get_command(ctx, cmd_name)

    def _make(self, wanted: str = "") -> None:
        from lambdakit.cli.events.command import make_commands  # noqa: PLC0415 (0.04 s)

        self.commands = {**self.commands, **make_commands(wanted)}


def make_group() -> typer.Typer:
    """Return the group of all commands of `toolkit events`."""
    group = typer.Typer(cls=_Sources, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
    group.callback(invoke_without_command=True)(events)
    return group


def events(context: typer.Context) -> None:
    """Print an event of any source as JSON.

    toolkit events http-api POST /orders --json '{"id": 1}'

    toolkit events sqs --body tea --body towel | toolkit invoke-local worker --event -

    What is not said is made up; what belongs together agrees.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
