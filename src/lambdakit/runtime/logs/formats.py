"""Lambda's two formats of a record of the `logging` module.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
import logging
import time
import traceback
from typing import Any, cast

from lambdakit.observability.current import current
from lambdakit.runtime.logs.sink import JSON, LEVELS, TEXT, Sink, frame_type_of

_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "aws_request_id", "tenant_id"}
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def write_time(seconds: float | None = None) -> str:
    """Return a moment, by default this one, as Lambda's JSON records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class CurrentFilter(logging.Filter):
    """Gives each record the ids of the invocation that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `aws_request_id` and `tenant_id`."""
        invocation = current.get()
        record.aws_request_id = invocation.request_id if invocation else ""
        record.tenant_id = invocation.tenant_id if invocation else None
        return True


class TextFormatter(logging.Formatter):
    """Level, time, request id and message, separated by tabs."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )


class JsonFormatter(logging.Formatter):
    """One JSON object with the keys that Lambda uses."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        message: object = record.msg
        is_dictionary = isinstance(message, dict) and not record.args
        fields: dict[str, Any] = {
            "timestamp": write_time(record.created),
            "level": record.levelname,
            "message": cast("object", message) if is_dictionary else record.getMessage(),
            "logger": record.name,
            **_describe_error(record),
            "requestId": getattr(record, "aws_request_id", None) or None,
            "tenantId": getattr(record, "tenant_id", None),
        }
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD and key not in fields}
        return _encode({key: value for key, value in {**fields, **extra}.items() if value is not None})


def _describe_error(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(error),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }


class SinkHandler(logging.Handler):
    """Passes records on to a sink; `log_sink` has the name by which others find it."""

    def __init__(self, sink: Sink, *, is_json: bool) -> None:
        super().__init__()
        self.log_sink = sink
        self._kind = JSON if is_json else TEXT
        self.setFormatter(JsonFormatter() if is_json else TextFormatter())
        self.addFilter(CurrentFilter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            level = record.levelname if record.levelname in LEVELS else None
            self.log_sink.log(self.format(record), frame_type_of(self._kind, level))
        except Exception:  # noqa: BLE001 (a record that cannot be written must not end the function)
            self.handleError(record)
