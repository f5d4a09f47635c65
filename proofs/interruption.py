"""Signals while there is something to delete: the first one stops the proofs, none stops the deleting."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked for the end."""


class Signals:
    """Raises Interrupted at the first signal, and only says so at later ones or after `hold`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Take what tells the reader."""
        self._say = say
        self._is_held = False

    def hold(self) -> None:
        """Let no signal interrupt what follows."""
        self._is_held = True

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._is_held:
            self._say("still deleting; stopping now would leave things in the account")
            return
        self._is_held = True
        raise Interrupted(signal.Signals(number).name)


@contextmanager
def listen_to_signals(say: Callable[[str], None]) -> Generator[Signals]:
    """Handle the signals by which programs are ended."""
    signals = Signals(say)
    before = {number: signal.signal(number, signals.take) for number in _SIGNALS}
    try:
        yield signals
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
