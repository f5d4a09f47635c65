"""Find and load the declaration of a project."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lambdakit.errors import DeclarationError
from lambdakit.project.declaration import Project
from lambdakit.project.lines import find_lines, holds
from lambdakit.project.rules import Mistake
from lambdakit.project.sections import Table

_PLACE = ("tool", "lambdakit")


def find(start: Path) -> Path | None:
    """Return the nearest pyproject.toml in `start` or above it that has a `[tool.lambdakit]` table, if any.

    A file that cannot be read counts as well: `load` says what is wrong with it.
    """
    start = start.resolve()
    candidates = (folder / "pyproject.toml" for folder in (start, *start.parents))
    return next((path for path in candidates if path.is_file() and _is_declaration(path)), None)


def _is_declaration(path: Path) -> bool:
    try:
        return holds(_parse(_read(path), path), _PLACE)
    except DeclarationError:
        return True


def load(path: Path) -> Project:
    """Return what a pyproject.toml declares; `path` leads to the file or to its folder.

    Raises:
        DeclarationError: it names every mistake, one a line.
    """
    path = path / "pyproject.toml" if path.is_dir() else path
    text = _read(path)
    document = _parse(text, path)
    if not holds(document, _PLACE):
        raise DeclarationError(
            "there is no [tool.lambdakit] table", where=_display(path), fix="add one to declare functions"
        )
    rule, declaration = Table(Project), document["tool"]["lambdakit"]
    if mistakes := list(rule.mistakes(declaration, ())):
        raise DeclarationError("\n".join(_report(mistakes, text, path)))
    return _complete(rule.build(declaration), root=path.resolve().parent)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeclarationError(f"the file cannot be read: {error.strerror}", where=_display(path)) from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"the file is not UTF-8: {error.reason}", where=_display(path)) from error


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DeclarationError(f"the file is not valid TOML: {error}", where=_display(path)) from error


def _report(mistakes: Sequence[Mistake], text: str, path: Path) -> Iterator[str]:
    lines = find_lines(text, [_PLACE + mistake.keys for mistake in mistakes])
    for mistake in sorted(mistakes, key=lambda mistake: lines[_PLACE + mistake.keys]):
        name = ".".join(mistake.keys or _PLACE)
        yield f"{_display(path)}:{lines[_PLACE + mistake.keys]}: {name} {mistake.problem}"


def _complete(project: Project, *, root: Path) -> Project:
    functions = {name: replace(function, name=name) for name, function in project.functions.items()}
    return replace(project, root=root, functions=functions)


def _display(path: Path) -> str:
    path, here = path.resolve(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
