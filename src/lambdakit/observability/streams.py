"""What stands in for standard output and error, and who writes to it."""

import io
from threading import get_ident
from typing import Any, NamedTuple

from lambdakit.observability.current import Current, current


class Writer(NamedTuple):
    """A thread, and the invocation that it works for: each has lines of its own, so that none breaks into another's."""

    thread: int
    invocation: Current | None


def current_writer() -> Writer:
    """Return who is writing now."""
    return Writer(get_ident(), current.get())


class StandIn(io.TextIOBase):
    """A text stream in the place of another; what has no form in UTF-8 is escaped."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, original: Any, name: str) -> None:
        """Take the stream in whose place this one is, and its name."""
        self._original = original
        self.name = name

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the stream in whose place this one is, for child processes."""
        return self._original.fileno()

    @property
    def buffer(self) -> Any:
        """The stream for bytes in whose place this one is; what goes there is no line but plain output."""
        return self._original.buffer
