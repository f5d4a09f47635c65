"""The log until the function's own code runs, held back while it may show no more than a user's mistake."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from lambdakit.errors import MalformedEvent, UnhandledEvent, UnknownEvent

REFUSALS = frozenset({MalformedEvent.__name__, UnhandledEvent.__name__, UnknownEvent.__name__})
"""The exceptions with which the adapter refuses an event before any code of the user sees it."""


class HeldLog:
    """Passes log lines on, those up to the first invocation only when it shows that init and the event were good.

    A mistake such as a misspelled module or a malformed event then is one line and not a page of log.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._held: list[str] | None = []

    def __call__(self, line: str) -> None:
        """Take one line; the first one of an invocation that is not refused releases all that is held."""
        if self._held is None:
            self._write(line)
            return
        has_begun = any(map(_is_start, self._held))
        self._held.append(line)
        if has_begun and not any(map(_tells_of_a_mistake, self._held)):
            self.release()

    def release(self) -> None:
        """Write what is held, and from now on every line at once."""
        held, self._held = self._held or [], None
        for line in held:
            self._write(line)

    @property
    def text(self) -> str:
        """What is held."""
        return "\n".join(self._held or [])


def _is_start(line: str) -> bool:
    return line.startswith("START ") or _read(line).get("type") == "platform.start"


def _tells_of_a_mistake(line: str) -> bool:
    kind = line.removeprefix("[ERROR] ").partition(":")[0]
    if line.startswith("INIT_REPORT ") or (line.startswith("[ERROR] ") and kind in REFUSALS):
        return True
    content = _read(line)
    return _is_failed_init(content) or content.get("errorType") in REFUSALS


def _is_failed_init(content: Mapping[str, Any]) -> bool:
    return content.get("type") == "platform.initReport" and content["record"].get("status") != "success"


def _read(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return {}
