"""Find the line of a key in a TOML file.

`tomllib` keeps no positions. But a file that parses can be cut after any complete statement and still parses, so
the statement that brings a key ends where the shortest such piece holds the key, and starts after the piece before.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lambdakit.project.rules import Keys, is_table


def find_lines(text: str, paths: Iterable[Keys]) -> dict[Keys, int]:
    """Return the line, from 1, on which each key is set; for a key that is missing, the one of its table.

    `text` is valid TOML. The time grows with the square of its length.
    """
    statements = list(_statements(text))
    return {path: _line(path, statements) for path in paths}


def _statements(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = text.split("\n")
    first = 1
    for last in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("\n".join(lines[:last]))
        except tomllib.TOMLDecodeError:
            continue
        yield first, document
        first = last + 1


def _line(path: Keys, statements: list[tuple[int, Mapping[str, Any]]]) -> int:
    found = (line for line, document in statements if holds(document, path))
    return next(found, 0) or _line(path[:-1], statements)


def holds(document: object, path: Keys) -> bool:
    """Say whether the document has a value at `path`."""
    for key in path:
        if not is_table(document) or key not in document:
            return False
        document = document[key]
    return True
