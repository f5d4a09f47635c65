"""Where log records go."""

import os
import sys
import time
from contextlib import AbstractContextManager
from threading import RLock
from typing import Protocol

from lambdakit import settings

TEXT, JSON = 0xA55A0003, 0xA55A0002
"""Kinds of frames; a level is added to them: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html"""

LEVELS = {"DEBUG": 8, "INFO": 12, "WARNING": 16, "ERROR": 20, "CRITICAL": 24}
"""What a level adds to the kind of a frame."""


class Sink(Protocol):
    """Takes whole records."""

    def log(self, message: str, frame_type: bytes | None = None) -> None:
        """Write one record, which may hold newlines; the type of the frame tells its format and level."""
        ...


def frame_type_of(kind: int, level: str | None = None) -> bytes:
    """Return the type of a frame that holds a record of a kind and a level."""
    return (kind + LEVELS.get(level or "", 0)).to_bytes(4, "big")


class FramedSink:
    """Writes records as frames, by which Lambda tells where one ends: type, length, microseconds, text."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = RLock()

    def log(self, message: str, frame_type: bytes | None = None) -> None:
        """Write one record."""
        text = message.encode(errors="backslashreplace")
        head = (frame_type or frame_type_of(TEXT)) + len(text).to_bytes(4, "big")
        _write(self._descriptor, head + (time.time_ns() // 1000).to_bytes(8, "big") + text, self._lock)


class LineSink:
    """Writes records as lines to standard output, where a line break inside of one would begin another."""

    def __init__(self) -> None:
        self._descriptor = sys.__stdout__.fileno() if sys.__stdout__ else 1
        self._lock = RLock()

    def log(self, message: str, frame_type: bytes | None = None) -> None:  # noqa: ARG002 (lines have no type)
        """Write one record, with carriage returns in place of its line breaks, as Lambda's own client has them."""
        text = "\r".join(message.rstrip("\n").splitlines())
        _write(self._descriptor, text.encode(errors="backslashreplace") + b"\n", self._lock)


def _write(descriptor: int, data: bytes, lock: AbstractContextManager[object]) -> None:
    view = memoryview(data)
    # The lock can be taken again by its owner: a signal may make the main thread write in the middle of a write.
    with lock:
        while view:
            view = view[os.write(descriptor, view) :]


def open_sink() -> Sink:
    """Return the sink that Lambda offers: frames to the descriptor that it names, else lines."""
    descriptor = settings.take_log_descriptor()
    return LineSink() if descriptor is None else FramedSink(descriptor)
