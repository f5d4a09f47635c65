"""A connection to the Runtime API over a blocking socket."""

import os
import socket
import time
from contextlib import suppress
from errno import EMFILE, ENFILE
from typing import TypeVar

from lambdakit.errors import BrokenResponse
from lambdakit.runtime.client import Attempt, Pause, Steps
from lambdakit.runtime.wire import Request, Response, ResponseReader

Result = TypeVar("Result")

CHUNK = 262_144
"""How many bytes are read at a time."""
CONNECT_SECONDS = 2.0
"""How long opening a connection may take."""
STALL_SECONDS = 5.0
"""How long a response that has begun may stand still."""
_GLANCE_SECONDS = 0.05
"""How long an endless wait goes on until signals are looked for, as one that comes just before it does not end it."""


class SpareDescriptor:
    """A file descriptor that is given up when the function has used all others, so that its error gets out."""

    def __init__(self) -> None:
        self._descriptor = os.open(os.devnull, os.O_RDONLY)

    def open_socket(self) -> socket.socket:
        """Return a new socket, in place of the spare descriptor if there is no other left."""
        try:
            return _make_socket()
        except OSError as error:
            if error.errno not in {EMFILE, ENFILE} or self._descriptor < 0:
                raise
            self.release()
            return _make_socket()

    def release(self) -> None:
        """Give the spare descriptor to whoever needs one now."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def restore(self) -> None:
        """Take a spare descriptor again, if there is one."""
        if self._descriptor < 0:
            with suppress(OSError):
                self._descriptor = os.open(os.devnull, os.O_RDONLY)


def _make_socket() -> socket.socket:
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Requests are small and go out at once.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


SPARE = SpareDescriptor()
"""The spare descriptor of this process."""


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of `host:port`."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def connect(address: str) -> socket.socket:
    """Open a connection to `host:port`; OSError when nobody listens."""
    connection = SPARE.open_socket()
    try:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(split_address(address))
    except BaseException:
        connection.close()
        raise
    return connection


class BlockingConnection:
    """Takes the steps of a call on a socket that is kept open from one call to the next."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket: socket.socket | None = None

    def run(self, steps: Steps[Result]) -> Result:
        """Take all steps and return what comes of them."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = steps.send(Attempt(None))
                else:
                    step = steps.send(self._attempt(step.request, step.seconds))
        except StopIteration as end:
            return end.value

    def close(self) -> None:
        """Close the socket; the next call opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        SPARE.restore()

    def _attempt(self, request: Request, seconds: float | None) -> Attempt:
        was_open, reader = self._socket is not None, ResponseReader()
        end = None if seconds is None else time.monotonic() + seconds
        response = self._try(request, end, reader)
        return Attempt(response, is_stale=response is None and was_open and not reader.has_begun)

    def _try(self, request: Request, end: float | None, reader: ResponseReader) -> Response | None:
        try:
            if self._socket is None:
                self._socket = connect(self.address)
            response = _talk(self._socket, request.encode(self.address), end, reader)
        except (OSError, BrokenResponse):
            self.close()
            return None
        except BaseException:
            # Whatever broke in, half an exchange must not be taken for a whole one.
            self.close()
            raise
        if response.is_last:
            self.close()
        return response


def _talk(connection: socket.socket, request: bytes, end: float | None, reader: ResponseReader) -> Response:
    _limit(connection, end)
    # A request that is refused in mid-body has its answer waiting.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(request)
    while True:
        is_idle = end is None and not reader.has_begun
        _limit(connection, end, _GLANCE_SECONDS if is_idle else STALL_SECONDS if reader.has_begun else None)
        try:
            data = connection.recv(CHUNK)
        except TimeoutError:
            if is_idle:
                continue
            raise
        if response := reader.feed(data):
            return response


def _limit(connection: socket.socket, end: float | None, seconds: float | None = None) -> None:
    left = None if end is None else max(end - time.monotonic(), 0.001)
    limits = [limit for limit in (left, seconds) if limit is not None]
    connection.settimeout(min(limits) if limits else None)
