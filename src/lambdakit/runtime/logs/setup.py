"""Logs as Lambda's own Python runtime sets them up, before the handler's module is imported."""

import json
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

from lambdakit import settings
from lambdakit.observability.current import Current
from lambdakit.runtime.client import Outcome
from lambdakit.runtime.logs.formats import SinkHandler, write_time
from lambdakit.runtime.logs.sink import JSON, TEXT, Sink, frame_type_of, open_sink
from lambdakit.runtime.logs.streams import replace_streams

if TYPE_CHECKING:
    from types import TracebackType


class Log:
    """The log of this process."""

    def __init__(self, sink: Sink, *, is_json: bool, level: str | None) -> None:
        """Lead the `logging` module, standard output and error, and what nobody catches to a sink."""
        self._sink = sink
        self._is_json = is_json
        self._streams = replace_streams(sink, is_json=is_json)
        root = logging.getLogger()
        root.addHandler(SinkHandler(sink, is_json=is_json))
        if level:
            root.setLevel(level)
        logging.captureWarnings(capture=True)
        sys.excepthook = _log_uncaught
        threading.excepthook = _log_uncaught_in_thread
        sys.unraisablehook = _log_unraisable

    def write_failure(self, outcome: Outcome) -> None:
        """Write the report of a failure as one record."""
        report: dict[str, Any] = json.loads(outcome.body)
        if self._is_json:
            record = {"timestamp": write_time(), "level": "ERROR", **report}
            self._sink.log(json.dumps(record, ensure_ascii=False), frame_type_of(JSON, "ERROR"))
            return
        trace = [line for entry in report["stackTrace"] for line in entry.rstrip("\n").split("\n")]
        lines = [
            f"[ERROR] {report['errorType']}: {report['errorMessage']}",
            "Traceback (most recent call last):",
            *trace,
        ]
        self._sink.log("\n".join(lines), frame_type_of(TEXT, "ERROR"))

    def finish(self, invocation: Current | None = None) -> None:
        """Write what an invocation, without one any, began to print and did not end."""
        # Whoever makes lines of what is printed stands in front of these streams.
        for stream in dict.fromkeys((sys.stdout, sys.stderr, *self._streams)):
            if (finish := getattr(stream, "finish", None)) is not None:
                finish(invocation)


def set_up_logs() -> Log:
    """Set up the log in the format and from the level on that the function's configuration names."""
    level = settings.log_level()
    known = level if level in logging.getLevelNamesMapping() else None
    return Log(open_sink(), is_json=settings.logs_json(), level=known)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
    logging.getLogger("lambdakit.runtime").critical("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is None or isinstance(arguments.exc_value, SystemExit):
        return
    name = arguments.thread.name if arguments.thread else "an unknown thread"
    logging.getLogger("lambdakit.runtime").error("uncaught exception in %s", name, exc_info=arguments.exc_value)


def _log_unraisable(arguments: "sys.UnraisableHookArgs") -> None:
    message = arguments.err_msg or "exception ignored in"
    logging.getLogger("lambdakit.runtime").error("%s: %r", message, arguments.object, exc_info=arguments.exc_value)
