"""A connection to the Runtime API that waits on the event loop."""

import asyncio
import os
import socket
from contextlib import suppress
from typing import TypeVar
from weakref import WeakSet

from lambdakit.errors import BrokenResponse
from lambdakit.runtime.client import Attempt, Pause, Steps
from lambdakit.runtime.connection import CHUNK, CONNECT_SECONDS, SPARE, STALL_SECONDS, split_address
from lambdakit.runtime.lifecycle import leave_if_forked
from lambdakit.runtime.wire import Request, Response, ResponseReader

Result = TypeVar("Result")


class WaitingConnection:
    """Takes the steps of a call while the event loop does other work.

    A child process that the handler forked ends at its next step: it must not take events that are its parent's.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket: socket.socket | None = None
        self._process = os.getpid()
        _open.add(self)

    async def run(self, steps: Steps[Result]) -> Result:
        """Take all steps and return what comes of them."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = steps.send(Attempt(None))
                else:
                    step = steps.send(await self._attempt(step.request, step.seconds))
        except StopIteration as end:
            return end.value

    def close(self) -> None:
        """Close the socket; the next call opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        SPARE.restore()

    async def _attempt(self, request: Request, seconds: float | None) -> Attempt:
        leave_if_forked(self._process)
        was_open, reader = self._socket is not None, ResponseReader()
        try:
            async with asyncio.timeout(seconds):
                response = await self._exchange(request.encode(self.address), reader)
        except (OSError, BrokenResponse):
            self.close()
            return Attempt(None, is_stale=was_open and not reader.has_begun)
        except BaseException:
            # Whatever broke in, half an exchange must not be taken for a whole one.
            self.close()
            raise
        if response.is_last:
            self.close()
        return Attempt(response)

    async def _exchange(self, request: bytes, reader: ResponseReader) -> Response:
        loop = asyncio.get_running_loop()
        connection = self._socket = self._socket or await _connect(self.address)
        # A request that is refused in mid-body has its answer waiting.
        with suppress(BrokenPipeError, ConnectionResetError):
            await loop.sock_sendall(connection, request)
        while True:
            async with asyncio.timeout(STALL_SECONDS if reader.has_begun else None):
                data = await loop.sock_recv(connection, CHUNK)
            if response := reader.feed(data):
                return response


_open: WeakSet[WaitingConnection] = WeakSet()


def _close_all() -> None:
    for connection in list(_open):
        connection.close()


os.register_at_fork(after_in_child=_close_all)


async def _connect(address: str) -> socket.socket:
    connection = SPARE.open_socket()
    try:
        connection.setblocking(False)  # noqa: FBT003 (the standard library's own signature)
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(connection, split_address(address))
    except BaseException:
        connection.close()
        raise
    return connection
