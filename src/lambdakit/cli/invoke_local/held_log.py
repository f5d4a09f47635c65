"""The log until the function's own code runs, held back while it may show no more than a user's mistake."""

from collections.abc import Callable

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
        has_begun = any(each.startswith("START ") for each in self._held)
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


def _tells_of_a_mistake(line: str) -> bool:
    kind = line.removeprefix("[ERROR] ").partition(":")[0]
    return line.startswith("INIT_REPORT ") or (line.startswith("[ERROR] ") and kind in REFUSALS)
