"""The least that a runtime needs of Lambda's Runtime API.

One thread on raw sockets, so that what it costs is little and the same for every contestant.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

_ROOT = "/2018-06-01/runtime/"
_CHUNK = 262_144
_WAIT_SECONDS = 30.0


class Answer(NamedTuple):
    """What a function answered; moments are on `time.perf_counter`, that of the mark None where it never came."""

    body: bytes
    is_error: bool
    mark_at: float | None
    ended_at: float


@dataclass
class _Connection:
    socket: socket.socket
    data: bytearray = field(default_factory=bytearray)
    mark_at: float | None = None
    knows_to_continue: bool = False


class _Request(NamedTuple):
    method: str
    path: str
    body: bytes


class RuntimeApi:
    """Hands events to whatever asks for them and takes the answers.

    `mark` is what the wanted part of a response begins with: the moment at which it has come is noted.
    """

    def __init__(self, mark: bytes = b"data:") -> None:
        self._mark = mark
        self._selector = selectors.DefaultSelector()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._selector.register(self._server, selectors.EVENT_READ)
        self.address = "{}:{}".format(*self._server.getsockname())
        self._idle: list[_Connection] = []
        self._answers: dict[str, Answer] = {}
        self._count = 0

    def close(self) -> None:
        """Close all connections."""
        for key in list(self._selector.get_map().values()):
            socket_of = key.fileobj
            if isinstance(socket_of, socket.socket):
                socket_of.close()
        self._selector.close()

    def wait_for_slots(self, count: int) -> None:
        """Wait until so many requests for the next event are open."""
        self._wait(lambda: len(self._idle) >= count)

    def deliver(self, event: bytes, *, seconds: float = 60) -> str:
        """Send an event to the request that has been open longest, and return its id."""
        self._count += 1
        request_id = f"request-{self._count}"
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(event)}\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int((time.time() + seconds) * 1000)}\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:shop\r\n"
            "Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0\r\n\r\n"
        )
        self._idle.pop(0).socket.sendall(head.encode() + event)
        return request_id

    def take_answer(self, request_id: str) -> Answer:
        """Wait for the whole answer to an event."""
        self._wait(lambda: request_id in self._answers)
        return self._answers.pop(request_id)

    def _wait(self, is_over: Callable[[], bool]) -> None:
        end = time.monotonic() + _WAIT_SECONDS
        while not is_over():
            left = end - time.monotonic()
            if left < 0:
                raise TimeoutError(f"nothing came for {_WAIT_SECONDS} seconds")
            for key, _ in self._selector.select(left):
                self._read(key)

    def _read(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._server:
            accepted, _ = self._server.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(accepted, selectors.EVENT_READ, _Connection(accepted))
            return
        connection: _Connection = key.data
        try:
            received = connection.socket.recv(_CHUNK)
        except OSError:
            received = b""
        if not received:
            self._selector.unregister(connection.socket)
            connection.socket.close()
            return
        connection.data += received
        if connection.mark_at is None and self._mark in connection.data:
            connection.mark_at = time.perf_counter()
        while request := _take_request(connection):
            self._react(connection, request)

    def _react(self, connection: _Connection, request: _Request) -> None:
        if request.path == f"{_ROOT}invocation/next":
            self._idle.append(connection)
        elif request.path.startswith(f"{_ROOT}invocation/"):
            request_id, _, kind = request.path.removeprefix(f"{_ROOT}invocation/").partition("/")
            mark_at, connection.mark_at = connection.mark_at, None
            answer = Answer(request.body, kind == "error", mark_at, time.perf_counter())
            self._answers[request_id] = answer
            _reply(connection, 202)
        elif request.path == f"{_ROOT}init/error":
            raise SystemExit(f"the function did not start: {request.body.decode(errors='replace')}")
        else:
            # An extension is nothing that a benchmark needs.
            _reply(connection, 403)


def _reply(connection: _Connection, status: int) -> None:
    connection.socket.sendall(f'HTTP/1.1 {status} X\r\nContent-Length: 15\r\n\r\n{{"status":"OK"}}'.encode())


def _take_request(connection: _Connection) -> _Request | None:
    data = connection.data
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    first, *lines = data[:head_end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "100-continue" in headers.get("expect", "") and not connection.knows_to_continue:
        connection.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.knows_to_continue = True
    start = head_end + 4
    if headers.get("transfer-encoding") == "chunked":
        found = _take_chunks(data, start)
    else:
        length = int(headers.get("content-length", "0"))
        found = (bytes(data[start : start + length]), start + length) if len(data) >= start + length else None
    if found is None:
        return None
    body, end = found
    del data[:end]
    connection.knows_to_continue = False
    method, path, _ = first.split(" ")
    return _Request(method, path, body)


def _take_chunks(data: bytearray, start: int) -> tuple[bytes, int] | None:
    body = bytearray()
    while (line_end := data.find(b"\r\n", start)) >= 0:
        size = int(data[start:line_end].partition(b";")[0], 16)
        if size == 0:
            end = data.find(b"\r\n\r\n", line_end)
            return (bytes(body), end + 4) if end >= 0 else None
        body += data[line_end + 2 : line_end + 2 + size]
        start = line_end + 2 + size + 2
    return None
