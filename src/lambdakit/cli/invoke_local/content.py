"""Content that options name: a text, a file or standard input."""

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from lambdakit.errors import OptionError

_JSON_FIX = "write it as RFC 8259 has it: UTF-8, double quotes, no comments, no comma at the end"


class Content(NamedTuple):
    """Bytes, and the name by which the user knows them."""

    name: str
    data: bytes


def read_value(value: str, option: str) -> Content:
    """Return the value of an option: `@FILE` for a file, `-` for standard input, else the text itself."""
    if value == "-":
        return read_file(value, option)
    return read_file(value[1:], option) if value.startswith("@") else Content(option, os.fsencode(value))


def read_file(name: str, option: str) -> Content:
    """Return the content of a file, or of standard input for `-`.

    Raises:
        OptionError: The file cannot be read.
    """
    if name == "-":
        return Content("standard input", sys.stdin.buffer.read())
    try:
        return Content(name, Path(name).read_bytes())
    except OSError as error:
        raise OptionError(
            f"{name} cannot be read: {error.strerror}", where=option, fix="name a file that can"
        ) from error


def parse_json(content: Content) -> Any:
    """Return what JSON says.

    Raises:
        OptionError: It is not JSON as RFC 8259 has it; the message gives line and column.
    """
    try:
        return json.loads(content.data.decode(), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = f"{content.name}:{error.lineno}:{error.colno}"
        raise OptionError(f"invalid JSON: {error.msg}", where=place, fix=_JSON_FIX) from error
    except (ValueError, RecursionError) as error:
        raise OptionError(f"invalid JSON: {error}", where=content.name, fix=_JSON_FIX) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
