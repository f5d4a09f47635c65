"""The reference of `toolkit events` says what each command says of itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lambdakit.cli.events.command import make_commands
from lambdakit.events import FORMATS

PAGE = (Path(__file__).parents[2] / "docs/reference/events.md").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = make_commands()
SHARED = ("--seed", "--time", "--account", "--region", "--help")


def options(command: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the options and the arguments of a command: names, value and words."""
    for parameter in command.params:
        names = ", ".join(f"`{name}`" for name in sorted(parameter.opts, key=len) if name.startswith("-"))
        value = ", ".join(f"`{each}`" for each in (parameter.metavar or "").split("|") if each)
        yield names or value, value if names else "", parameter.help


def table(command: Any, *, shared: bool = False) -> str:
    rows = [row for row in options(command) if any(f"`{name}`" in row[0] for name in SHARED) == shared]
    lines = ["| option | value | meaning |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) if rows else "It has no options of its own."


def section(name: str, command: Any) -> str:
    summary, _, source = command.help.partition("\n\nSource: ")
    return f"### `{name}`\n\n{summary} [AWS]({source})\n\n{table(command)}\n"


def test_the_options_of_http_requests_are_documented() -> None:
    tables = {table(COMMANDS[via]) for via in FORMATS}

    assert [each for each in tables if each not in PAGE] == []
    assert len(tables) == 1
    for via in FORMATS:
        assert f"| `{via}` | {COMMANDS[via].help.rstrip('.')} |" in PAGE


def test_the_options_of_every_command_are_documented() -> None:
    assert {table(command, shared=True) for command in COMMANDS.values()} == {
        re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)[0].rstrip("\n")
    }


def test_every_source_is_documented_with_its_options() -> None:
    expected = "\n".join(section(name, command) for name, command in COMMANDS.items() if name not in FORMATS)

    assert PAGE.partition("## Other sources\n\n")[2].partition("\n## ")[0].strip() == expected.strip()
