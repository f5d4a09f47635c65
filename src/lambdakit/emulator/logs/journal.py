import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

from lambdakit.emulator.logs.levels import Level, LogFormat, SystemLevel, find_level, is_wanted
from lambdakit.emulator.logs.platform_events import PlatformEvent

__all__ = ["Journal", "Level", "LogSettings", "Record"]

_NOTE = "lambdakit: "
_TEXT_LEVEL = re.compile(r"\[([A-Z]+)\]")
_FAILED = re.compile(r"\tStatus: (error|timeout)|Task timed out after ")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_TIME_KEYS = ("timestamp", "time", "@timestamp")


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


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """How a function's log is written; the levels filter JSON alone, as on AWS.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """

    log_format: LogFormat = "Text"
    log_level: Level = "INFO"
    system_log_level: SystemLevel = "INFO"


class Journal:
    """Takes the log of one environment and says of each record where it belongs.

    `log` gets the text, `keep` the whole record. `stream` is set when the environment has one.
    """

    def __init__(
        self,
        function: str,
        log: Callable[[str], None],
        keep: Callable[[Record], None] | None = None,
        settings: LogSettings | None = None,
    ) -> None:
        self.stream = ""
        self._function = function
        self._log = log
        self._keep = keep
        self._settings = settings or LogSettings()
        self._running: list[str] = []

    def begin(self, request_id: str) -> None:
        """Count an invocation as running, from its START on."""
        self._running.append(request_id)

    def end(self, request_id: str) -> None:
        """Count it no longer, if it was."""
        self._running = [each for each in self._running if each != request_id]

    @property
    def _is_json(self) -> bool:
        return self._settings.log_format == "JSON"

    def write_event(self, event: PlatformEvent) -> None:
        """Take an event of the platform: its JSON or its line, where the format and the level have one for it."""
        level: Level = event.level if self._is_json else "INFO"
        message = event.text
        if self._is_json:
            message = event.json() if is_wanted(event.level, self._settings.system_log_level) else None
        if message is not None:
            self._write("platform", "ERROR" if event.has_failed else level, event.request_id, message)

    def write_platform(self, message: str) -> None:
        """Take a note of the emulator, or a line of Lambda's that belongs to the text format alone."""
        level: Level = "ERROR" if _FAILED.search(message) else "WARN" if message.startswith(_NOTE) else "INFO"
        if self._is_json and not message.startswith(_NOTE):
            return
        named = next((each for each in self._running if each in message), None)
        self._write("platform", level, named, _wrap_note(message) if self._is_json else message)

    def write_function(self, message: str) -> None:
        """Take a record that the function wrote, as text or as JSON; JSON of too low a level is dropped."""
        level, content = _examine(message)
        if self._is_json and content and not is_wanted(_filter_level(content), self._settings.log_level):
            return
        named = content.get("requestId") or content.get("request_id") or content.get("function_request_id")
        if not isinstance(named, str):
            named = next((each for each in self._running if each in message), None)
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


def _wrap_note(message: str) -> str:
    content = {"time": _now(), "type": "lambdakit.note", "record": {"message": message.removeprefix(_NOTE)}}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _examine(message: str) -> tuple[Level, Mapping[str, object]]:
    """Return the level that a record names and, if it is a JSON object, what is in it."""
    if found := _TEXT_LEVEL.match(message):
        return find_level(found[1]) or "INFO", {}
    if not message.startswith("{"):
        return "INFO", {}
    try:
        content = cast("dict[str, object]", json.loads(message))
    except (ValueError, RecursionError):
        return "INFO", {}
    return find_level(content.get("level")) or "INFO", content


def _filter_level(content: Mapping[str, object]) -> Level:
    """Return the level that counts for Lambda's filter: INFO for a record without a valid time."""
    times = (content.get(key) for key in _TIME_KEYS)
    has_time = any(isinstance(time, str) and _RFC_3339.fullmatch(time) for time in times)
    return (find_level(content.get("level")) if has_time else None) or "INFO"
