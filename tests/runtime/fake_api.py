"""A Runtime API on a raw socket that misbehaves as it is told to, and the runtime as a process beside it."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

Reaction = Callable[[socket.socket], None]
"""What becomes of a request on a connection."""
DEADLINE = 3.0


def reply(status: int, body: bytes = b'{"status":"OK"}', headers: str = "") -> Reaction:
    """Answer with a status."""
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def send_raw(data: bytes) -> Reaction:
    """Send bytes and end the connection."""

    def react(connection: socket.socket) -> None:
        connection.sendall(data)
        drop(connection)

    return react


def drop(connection: socket.socket) -> None:
    """End the connection without a word."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def trickle(reaction: Reaction) -> Reaction:
    """React, one byte at a time."""

    class Slow:
        def __init__(self, connection: socket.socket) -> None:
            self._connection = connection

        def sendall(self, data: bytes) -> None:
            for index in range(len(data)):
                self._connection.sendall(data[index : index + 1])

    return lambda connection: reaction(Slow(connection))  # pyright: ignore[reportArgumentType] (all that a reaction asks of a connection)


class FakeApi:
    """Hands out two events, the first with the faults of a test, and keeps what is posted; then it has no more."""

    def __init__(self, faults: dict[str, Sequence[Reaction]]) -> None:
        self.faults = {kind: list(reactions) for kind, reactions in faults.items()}
        self.events = ["first", "second"]
        self.open_id: str | None = None
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.outcomes: list[tuple[str, str, str]] = []
        self.reports: list[tuple[str, str]] = []
        self.is_done = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError):
            stream = connection.makefile("rb")
            while line := stream.readline():
                _, path, _ = line.decode().split()
                headers: dict[str, str] = {}
                while (header := stream.readline()) not in {b"\r\n", b""}:
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                self._react(connection, path, stream.read(int(headers.get("content-length", "0"))))

    def _react(self, connection: socket.socket, path: str, body: bytes) -> None:
        kind = path.rpartition("/")[2]
        if "/extension/" in path:
            reply(403)(connection)
            return
        if "/restore/" in path or "/init/" in path:
            self.reports.append((path.split("runtime/")[1], body.decode()))
            reply(202 if body else 200)(connection)
            return
        with self._lock:
            fault = self.faults[kind].pop(0) if self.faults.get(kind) else None
        if fault is None:
            self._behave(connection, path, kind, body)
        else:
            fault(connection)

    def _behave(self, connection: socket.socket, path: str, kind: str, body: bytes) -> None:
        if kind == "next":
            self._hand_out(connection)
            return
        request_id = path.split("/")[-2]
        with self._lock:
            is_current, self.open_id = request_id == self.open_id, None
        if is_current:
            error_type = json.loads(body).get("errorType", "") if kind == "error" else ""
            self.outcomes.append((request_id, kind, error_type))
            reply(202)(connection)
        else:
            reply(400, b'{"errorType":"InvalidRequestID"}')(connection)

    def accept_silently(self, connection: socket.socket) -> None:
        """Take the outcome, and end the connection instead of saying so."""
        with self._lock:
            self.outcomes.append((self.open_id or "", "response", ""))
            self.open_id = None
        drop(connection)

    def _hand_out(self, connection: socket.socket) -> None:
        with self._lock:
            request_id = self.open_id = self.open_id or (self.events.pop(0) if self.events else None)
        if request_id is None:
            self.is_done.set()
            connection.recv(1)
            return
        event(request_id)(connection)


def event(request_id: str) -> Reaction:
    """Hand out an event."""
    deadline = int((time.time() + DEADLINE) * 1000)
    headers = (
        f"Lambda-Runtime-Aws-Request-Id: {request_id}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n"
        "Content-Type: application/json\r\n"
    )
    return reply(200, b"{}", headers)


HANDLER = "def handler(event, context):\n    return {'ok': context.aws_request_id}\n"


def start_runtime(
    api: FakeApi, folder: Path, source: str = HANDLER, *, client: str = "lambdakit.runtime", **variables: str
) -> subprocess.Popen[bytes]:
    """Start a runtime client, ours by default, with a handler in `app.py`."""
    (folder / "app.py").write_text(textwrap.dedent(source))
    environment = {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "LAMBDA_TASK_ROOT": str(folder),
        **variables,
    }
    command = [sys.executable, "-m", client, "app.handler"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
