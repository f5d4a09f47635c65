"""`toolkit events`: a command for each source, made from the factories themselves."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import typer

from lambdakit.cli.events import options
from lambdakit.cli.events.flags import Flag, make_flag
from lambdakit.cli.events.http import make_command
from lambdakit.cli.events.printing import make_events, print_event
from lambdakit.events import FORMATS
from lambdakit.operations.event_factories import Events, HttpEvents

_OF_EVERY_COMMAND = {
    "seed": (options.Seed, None),
    "time": (options.Time, None),
    "account": (options.Account, "123456789012"),
    "region": (options.Region, "us-east-1"),
}
_WORDS = re.compile(r"^    (\w+): (.*)$", re.MULTILINE)


def make_commands(wanted: str = "") -> dict[str, Any]:
    """Return the command of every source by its name, or the one that is wanted."""
    app = typer.Typer(rich_markup_mode=None)
    for via in FORMATS:
        if wanted in {"", via}:
            app.command(via)(make_command(via))
    for name, factory in _factories():
        if wanted in {"", name.replace("_", "-")}:
            app.command(name.replace("_", "-"))(_make_command(name, factory))
    return dict(typer.main.get_group(app).commands)


def _factories() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the factory of every source that sends no HTTP requests, in the order in which they are written."""
    known = {name for name in vars(HttpEvents) if not name.startswith("_")}
    for family in Events.__bases__:
        for name, factory in vars(family).items():
            if inspect.isfunction(factory) and not name.startswith("_") and name not in known:
                yield name, factory


def _make_command(name: str, factory: Callable[..., Any]) -> Callable[..., None]:
    explained = inspect.getdoc(factory) or ""
    words = dict(_WORDS.findall(explained))
    parameters = list(inspect.signature(factory, eval_str=True).parameters.values())[1:]
    flags = [make_flag(each, words[each.name]) for each in parameters]
    repeated = next((each.name for each in parameters if each.kind is each.VAR_POSITIONAL), None)

    def command(**typed: Any) -> None:
        made = make_events(**{each: typed[each] for each in _OF_EVERY_COMMAND})
        values = {
            flag.parameter.name: flag.read(typed[flag.parameter.name])
            for flag in flags
            if typed[flag.parameter.name] not in (None, [])
        }
        records: list[Any] = values.pop(repeated, []) if repeated else []
        print_event(lambda: getattr(made, name)(*records, **values))

    _describe(command, flags, explained)
    return command


def _describe(command: Callable[..., None], flags: list[Flag], explained: str) -> None:
    """Give a command the parameters and the help that a reader of its signature is to find."""
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in _OF_EVERY_COMMAND.items()
    ]
    parameters = [*(flag.parameter for flag in flags), *shared]
    summary = explained.partition("\n")[0].removeprefix("Describe ")
    command.__doc__ = f"{summary[0].upper()}{summary[1:]}\n\n{explained[explained.index('Source: ') :]}"
    command.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    command.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess] (inspect reads it)
