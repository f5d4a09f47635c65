"""Keys that are pressed in the terminal."""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager


@contextmanager
def listen_to_keys(actions: Mapping[str, Callable[[], object]]) -> Generator[None]:
    """Call the action of each key that is pressed; without a terminal there are none."""
    if not (sys.stdin and sys.stdin.isatty()):
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def press() -> None:
        for key in os.read(descriptor, 64).decode(errors="replace"):
            if action := actions.get(key):
                action()

    # Keys arrive one by one and unseen; Ctrl-C stays a signal.
    tty.setcbreak(descriptor)
    asyncio.get_running_loop().add_reader(descriptor, press)
    try:
        yield
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
