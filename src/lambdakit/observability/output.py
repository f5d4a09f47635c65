"""Where the lines go: the handler that the host of the process has put on the root logger, or standard output."""

import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO

from lambdakit.observability.fields import complete
from lambdakit.observability.lines import LineFormatter, Serialize
from lambdakit.observability.prints import take_prints
from lambdakit.observability.redaction import Redactor, SafeLine, as_text

_JSON_FRAMES = 0xA55A0002
_FRAME_LEVELS = {logging.DEBUG: 8, logging.INFO: 12, logging.WARNING: 16, logging.ERROR: 20, logging.CRITICAL: 24}
"""What a level adds to the type of a frame: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html"""

_SURE = (
    *("levelname", "levelno", "funcName", "lineno", "created", "msecs", "cold_start", "function_name"),
    *("function_memory_size", "function_request_id", "tenant_id", "correlation_id"),
)
"""What can be written of any record."""


class Output(logging.Formatter):
    """Format whole lines with whichever formatter is `inner` at the time; there is a line for every record."""

    def __init__(self, inner: logging.Formatter, serialize: Serialize) -> None:
        super().__init__()
        self.inner = inner
        self.ending = ""
        """What follows a line where the host writes it as it is."""
        self._spare = LineFormatter(serialize)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, also of one that cannot be formatted."""
        completed = complete(record)
        # AWS's client asks for it, to tell Lambda the format and the level.
        record.__dict__["_frame_type"] = _frame_type(record.levelno)
        try:
            line = self._format(completed)
        except Exception as error:  # noqa: BLE001 (the request must not fail because its line does)
            line = f'{{"level":"ERROR","message":"a record could not be written: {type(error).__name__}"}}'
        return SafeLine(line + self.ending)

    def _format(self, record: logging.LogRecord) -> str:
        try:
            return self.inner.format(record)
        except Exception as error:  # noqa: BLE001 (whatever an argument's `str` raises)
            return self._spare.format(_describe_broken(record, error))


def _frame_type(level: int) -> bytes:
    return (_JSON_FRAMES + _FRAME_LEVELS.get(min(max(level, 0), 50) // 10 * 10, 0)).to_bytes(4, "big")


def _describe_broken(record: logging.LogRecord, error: Exception) -> logging.LogRecord:
    arguments = f" with the arguments {as_text(record.args)}" if record.args else ""
    message = f"{as_text(record.msg)}{arguments} <cannot be formatted: {type(error).__name__}>"
    known = {name: record.__dict__[name] for name in _SURE if name in record.__dict__}
    return logging.makeLogRecord({**known, "msg": message})


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Write to whatever standard output is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def take_root(output: Output, redactor: Redactor) -> None:
    """Let the root logger write these lines, through the host's own handler where it has one.

    What a host writes past its handler, the report of a failed invocation, loses its secrets too.
    """
    root = logging.getLogger()
    handlers = [each for each in root.handlers if _writes_lines(each)]
    if not handlers:
        handlers = [_StandardOutput(sys.stdout)]
        root.addHandler(handlers[0])
    for handler in handlers:
        handler.setFormatter(output)
        if hasattr(handler, "log_sink"):
            _take_sink(handler, output, redactor)


def _take_sink(handler: Any, output: Output, redactor: Redactor) -> None:
    _guard(handler.log_sink, redactor)
    take_prints(redactor)
    if not type(handler).__module__.startswith("lambdakit."):
        # AWS's client writes lines as they are.
        output.ending = "\n"


def _writes_lines(handler: logging.Handler) -> bool:
    return hasattr(handler, "log_sink") or type(handler) in {_StandardOutput, logging.StreamHandler}


def _guard(sink: Any, redactor: Redactor) -> None:
    if hasattr(sink, "log_error"):
        sink.log_error = _guard_reports(sink.log_error, redactor)
    else:
        sink.log = _guard_records(sink.log, redactor)


def _guard_reports(write: Callable[[list[str]], None], redactor: Redactor) -> Callable[[list[str]], None]:
    def write_redacted(lines: list[str]) -> None:
        write(redactor.redact_record("\n".join(lines)).split("\n"))

    return write_redacted


def _guard_records(write: Callable[..., None], redactor: Redactor) -> Callable[..., None]:
    def write_redacted(message: str, frame_type: bytes | None = None) -> None:
        write(message if isinstance(message, SafeLine) else redactor.redact_record(message), frame_type)

    return write_redacted
