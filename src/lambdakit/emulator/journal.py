import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

Level = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
"""How much a record matters, in Lambda's words."""

_LEVELS: dict[str, Level] = {
    "TRACE": "TRACE",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "WARN": "WARN",
    "WARNING": "WARN",
    "ERROR": "ERROR",
    "FATAL": "FATAL",
    "CRITICAL": "FATAL",
}
_TEXT_LEVEL = re.compile(r"\[([A-Z]+)\]")
_FAILED = re.compile(r"\tStatus: (error|timeout)|Task timed out after ")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of a function's log.

    `time` is UTC as ISO 8601, `stream` the environment's log stream, empty before there is one; `request_id` is None
    outside an invocation, and where several run at a time unless the record itself names it.
    """

    function: str
    stream: str
    request_id: str | None
    level: Level
    origin: Literal["platform", "function"]
    message: str
    time: str = field(default_factory=_now)


class Journal:
    """Takes the log of one environment and says of each record where it belongs.

    `log` gets the text, `keep` the whole record. `stream` is set when the environment has one.
    """

    def __init__(self, function: str, log: Callable[[str], None], keep: Callable[[Record], None] | None = None) -> None:
        self.stream = ""
        self._function = function
        self._log = log
        self._keep = keep
        self._running: list[str] = []

    def begin(self, request_id: str) -> None:
        """Count an invocation as running, from its START on."""
        self._running.append(request_id)

    def end(self, request_id: str) -> None:
        """Count it no longer, if it was."""
        self._running = [each for each in self._running if each != request_id]

    def write_platform(self, message: str) -> None:
        """Take a record of Lambda's own, or of the emulator."""
        level: Level = "ERROR" if _FAILED.search(message) else "WARN" if message.startswith("lambdakit: ") else "INFO"
        named = next((each for each in self._running if each in message), None)
        self._write("platform", level, named, message)

    def write_function(self, message: str) -> None:
        """Take a record that the function wrote, as text or as JSON."""
        level, named = _examine(message)
        named = named or next((each for each in self._running if each in message), None)
        self._write("function", level, named, message)

    def _write(self, origin: Literal["platform", "function"], level: Level, named: str | None, message: str) -> None:
        self._log(message)
        if self._keep is None:
            return
        alone = self._running[0] if len(self._running) == 1 else None
        record = Record(
            function=self._function,
            stream=self.stream,
            request_id=named or alone,
            level=level,
            origin=origin,
            message=message,
        )
        self._keep(record)


def _examine(message: str) -> tuple[Level, str | None]:
    if found := _TEXT_LEVEL.match(message):
        return _LEVELS.get(found[1], "INFO"), None
    if not message.startswith("{"):
        return "INFO", None
    try:
        content = cast("dict[str, object]", json.loads(message))
    except (ValueError, RecursionError):
        return "INFO", None
    level = _LEVELS.get(str(content.get("level", "")).upper(), "INFO")
    named = content.get("requestId") or content.get("request_id") or content.get("function_request_id")
    return level, named if isinstance(named, str) else None
