"""One line of log: what Powertools writes, made by the standard library alone.

Shape: https://docs.aws.amazon.com/powertools/python/latest/core/logger/#standard-structured-keys
"""

import json
import logging
import re
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from lambdakit import settings
from lambdakit.observability.current import current
from lambdakit.observability.redaction import Redactor

_NOT_EXTRA = frozenset(
    (
        *("name", "msg", "args", "level", "levelname", "levelno", "pathname", "filename", "module", "exc_info"),
        *("exc_text", "stack_info", "lineno", "funcName", "created", "msecs", "relativeCreated", "thread"),
        *("threadName", "processName", "process", "asctime", "location", "timestamp"),
    )
)
_LATE = ("exception", "exception_name", "exception_notes")
_unsafe = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that JSON may hold as they are, but that end a line, steer a terminal or cannot be encoded."""
_LARGEST_LINE = 250_000
"""Bytes; Lambda cuts a record that is larger than 262,144, and half a line is no JSON."""
_MOST_MEMBERS = 32

Serialize = Callable[[dict[str, Any]], str]


class LineFormatter(logging.Formatter):
    """Write a record as the line that Powertools' formatter writes, byte for byte.

    `keys` are on every line, as `append_keys` of a Powertools logger would put them there.
    """

    def __init__(self, serialize: Serialize, keys: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self._serialize = serialize
        self.keys = dict(keys or {})

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object without a line break."""
        line: dict[str, Any] = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": None,
            "timestamp": self.formatTime(record),
            **self.keys,
        }
        line.update((name, value) for name, value in record.__dict__.items() if name not in _NOT_EXTRA)
        line["message"] = _message(record)
        for name, value in zip(_LATE, self._exception(record), strict=True):
            line[name] = line.get(name, value)
        line["stack_trace"] = _stack_trace(record)
        line["xray_trace_id"] = _root(settings.trace_header())
        return self._serialize({name: value for name, value in line.items() if value is not None})

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 (logging's)
        """Return the local time as RFC 3339 has it; Lambda reads the level of a line only beside such a time.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
        """
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def _exception(self, record: logging.LogRecord) -> tuple[Any, Any, Any]:
        if not isinstance(record.exc_info, tuple) or record.exc_info[0] is None:
            return None, None, None
        kind, error, _ = record.exc_info
        return self.formatException(record.exc_info), kind.__name__, getattr(error, "__notes__", None)


def _root(trace_header: str | None) -> str | None:
    return trace_header.split(";")[0].replace("Root=", "") if trace_header else None


def _message(record: logging.LogRecord) -> Any:
    if isinstance(record.msg, dict):
        return record.msg  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] (any dict)
    if record.args:
        return record.getMessage()
    try:
        return read_json(record.msg) if isinstance(record.msg, str) else record.msg
    except ValueError:
        return record.msg


def read_json(text: str) -> Any:
    """Return the value of a JSON text; ValueError also where it nests deeper than Python follows."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("the JSON nests too deep") from error


def _stack_trace(record: logging.LogRecord) -> dict[str, Any] | None:
    if not isinstance(record.exc_info, tuple) or record.exc_info[0] is None:
        return None
    kind, error, place = record.exc_info
    frames = [
        {"file": frame.filename, "line": frame.lineno, "function": frame.name, "statement": frame.line}
        for frame in traceback.extract_tb(place)
    ]
    return {"type": kind.__name__, "value": error, "module": type(error).__module__, "frames": frames}


class SafeSerializer:
    """Write a line without secrets, as JSON that every reader takes for one line, of a size that Lambda keeps whole."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, line: dict[str, Any]) -> str:
        """Return the line as text that UTF-8 can carry."""
        invocation = current.get()
        if invocation is not None and invocation.trace_id:
            line["xray_trace_id"] = _root(invocation.trace_id)
        return write_line(self._redactor.redact_line(line))


def write_line(line: dict[str, Any]) -> str:
    """Return members that JSON has as one line."""
    text = _write(line)
    for longest in (8_000, 1_000, 100):
        if len(text) < _LARGEST_LINE // 4 or len(text.encode()) <= _LARGEST_LINE:
            break
        text = _write({_cut(name, longest): _cut(line[name], longest) for name in islice(line, _MOST_MEMBERS)})
    return text


def _write(line: dict[str, Any]) -> str:
    text = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
    return _unsafe.sub(_escape, text) if _unsafe.search(text) else text


def _cut(member: Any, longest: int) -> Any:
    text = member if isinstance(member, str) else json.dumps(member, ensure_ascii=False)
    return member if len(text) <= longest else f"{text[:longest]} <{len(text) - longest} more characters>"


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
