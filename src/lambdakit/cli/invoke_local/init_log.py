"""The log of the init phase, held back until it is clear whether the phase shows more than a user's mistake."""

from collections.abc import Callable


class InitLog:
    """Passes log lines on, those of the init phase only when init has succeeded or when it is released.

    A mistake such as a misspelled module then is one line and not a page of log.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._held: list[str] | None = []

    def __call__(self, line: str) -> None:
        """Take one line; the START of an invocation after a good init releases all that is held."""
        if self._held is None:
            self._write(line)
            return
        self._held.append(line)
        if line.startswith("START ") and not any(each.startswith("INIT_REPORT ") for each in self._held):
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
