"""One app, called by uvicorn over a socket and by a handler through events."""

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import h11
import uvicorn

from lambdakit.asgi import LambdaApp
from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.events import FORMATS, Headers, Request, Response
from tests.asgi.apps import answered_lifespan
from tests.asgi.effects import Got, Seen, Values

_BOUND = 10.0
_FROM_THE_SERVER = {"transfer-encoding", "connection"}


class Answer(NamedTuple):
    """What the app is to answer."""

    status: int = 200
    headers: Headers = []  # noqa: RUF012 (nobody changes it)
    chunks: tuple[bytes, ...] = (b"",)


class Probe:
    """An app that remembers what it saw and answers as it is told."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.seen: Seen | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await answered_lifespan(scope, receive, send):
            return
        self.seen = _see(scope, await _read(receive))
        status, headers, chunks = self.answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for index, chunk in enumerate(chunks, start=1):
            await send({"type": "http.response.body", "body": chunk, "more_body": index < len(chunks)})


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _see(scope: Scope, body: bytes) -> Seen:
    assert set(scope) - {"aws.event", "aws.context"} == {
        *("type", "asgi", "http_version", "server", "client", "scheme", "method"),
        *("root_path", "path", "raw_path", "query_string", "headers", "state"),
    }
    return Seen(
        scope["method"],
        scope["path"],
        scope["raw_path"].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        scope["root_path"],
        _by_name(scope["headers"]),
        body,
        {name: scope[name] for name in ("type", "asgi", "http_version", "state")},
    )


def _by_name(headers: Headers) -> Values:
    values: Values = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return values


class Peers:
    """The same app behind uvicorn and behind a handler."""

    def __init__(self, probe: Probe, handler: LambdaApp, address: tuple[str, int]) -> None:
        self._probe = probe
        self._handler = handler
        self._address = address

    def through_uvicorn(self, request: Request, answer: Answer) -> tuple[Seen, Got]:
        """Return what the app saw and the client got, with the request on a socket."""
        self._probe.answer, self._probe.seen = answer, None
        got = exchange(self._address, request)
        assert self._probe.seen is not None
        return self._probe.seen, got

    def through_events(self, request: Request, answer: Answer, source: str) -> tuple[Seen, Got]:
        """Return what the app saw and the client got, with the request in an event of a source."""
        self._probe.answer, self._probe.seen = answer, None
        event = json.loads(json.dumps(FORMATS[source].encode_request(request)))
        result = json.loads(json.dumps(self._handler(event, None)))
        response: Response = FORMATS[source].decode_response(result)
        assert self._probe.seen is not None
        return self._probe.seen, Got(response.status, _by_name(response.headers), response.body)


def exchange(address: tuple[str, int], request: Request) -> Got:
    connection = h11.Connection(h11.CLIENT)
    target = request.raw_path + (b"?" + request.query if request.query else b"")
    head = h11.Request(method=request.method, target=target, headers=request.headers)
    with socket.create_connection(address, timeout=_BOUND) as client:
        client.sendall(
            (connection.send(head) or b"")
            + (connection.send(h11.Data(data=request.body)) or b"")
            + (connection.send(h11.EndOfMessage()) or b"")
        )
        return _read_response(client, connection)


def _read_response(client: socket.socket, connection: h11.Connection) -> Got:
    response: Any = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(client.recv(65_536))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
        else:
            headers = {
                name: values for name, values in _by_name(response.headers).items() if name not in _FROM_THE_SERVER
            }
            return Got(response.status_code, headers, body)


@contextmanager
def peers() -> Generator[Peers]:
    """Start the app behind uvicorn on a free port of the loopback, and behind a handler."""
    probe = Probe()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(probe, http="h11", ws="none", log_config=None, date_header=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    handler = LambdaApp(probe)
    try:
        yield Peers(probe, handler, listener.getsockname())
    finally:
        server.should_exit = True
        thread.join(_BOUND)
        handler.close()
        listener.close()
