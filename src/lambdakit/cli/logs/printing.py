import json
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from lambdakit.cli.logs.structured import show_message
from lambdakit.cli.terminal import make_visible

if TYPE_CHECKING:
    from lambdakit.emulator import Record

_COLOURS = {"WARN": "33", "ERROR": "31", "FATAL": "31;1", "DEBUG": "2", "TRACE": "2"}
_ID_LENGTH = 8
_TIME_LENGTH = len("2026-01-01T00:00:00.000")


def make_printer(output: TextIO, *, is_json: bool) -> Callable[["Record"], None]:
    """Return what prints a record: JSON, or a line for people, in colour on a terminal unless NO_COLOR is set."""
    has_colour = output.isatty() and not os.environ.get("NO_COLOR")

    def print_record(record: "Record") -> None:
        line = json.dumps(asdict(record), ensure_ascii=False) if is_json else _describe(record, has_colour=has_colour)
        output.write(line.encode("utf-8", "replace").decode() + "\n")
        output.flush()

    return print_record


def _describe(record: "Record", *, has_colour: bool) -> str:
    level = f"{record.level:5}"
    if has_colour and record.level in _COLOURS:
        level = f"\033[{_COLOURS[record.level]}m{level}\033[0m"
    request = (record.request_id or "")[:_ID_LENGTH].ljust(_ID_LENGTH)
    time = f"{record.time.removesuffix('Z')[:_TIME_LENGTH]}Z"
    # Only the first line of a record starts at the margin, so that no message can pass for another record.
    message = show_message(record.message, is_platform=record.origin == "platform")
    first, *others = map(make_visible, message.split("\n"))
    return "\n".join([f"{time} {level} {record.function} {request} {first}", *(f"    {line}" for line in others)])
