from collections.abc import Callable
from typing import Protocol

from lambdakit.emulator.runtime_api.answer import Answer


class Receiver(Protocol):
    """What takes an answer as the function posts it, before the invocation is over.

    The calls come in this order: `begin`, any number of `receive`, `end`. A function that fails before it answers
    gets `end` alone.
    """

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        """Take what is known before the first byte."""
        ...

    async def receive(self, chunk: bytes) -> None:
        """Take the next bytes; the function is not read on meanwhile.

        ConnectionError says that the caller is gone: the function may go on, what it still sends is dropped.
        """
        ...

    def end(self, error: Answer | None) -> None:
        """Take the end, and with it the error if there is one."""
        ...


class Collector:
    """A receiver that keeps the whole answer in `payload`."""

    def __init__(self) -> None:
        self._kept = bytearray()

    @property
    def payload(self) -> bytes:
        """All bytes so far."""
        return bytes(self._kept)

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        """Take what is known before the first byte."""

    async def receive(self, chunk: bytes) -> None:
        """Keep the bytes."""
        self._kept += chunk

    def end(self, error: Answer | None) -> None:
        """Take the end."""


class Watched:
    """A receiver that hands everything on to another, and then says that the end has come."""

    def __init__(self, receiver: Receiver, tell: Callable[[], None]) -> None:
        self._receiver = receiver
        self._tell = tell

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        """Hand on what is known before the first byte."""
        self._receiver.begin(content_type, is_streamed=is_streamed)

    async def receive(self, chunk: bytes) -> None:
        """Hand on the bytes."""
        await self._receiver.receive(chunk)

    def end(self, error: Answer | None) -> None:
        """Hand on the end and tell of it."""
        self._receiver.end(error)
        self._tell()
