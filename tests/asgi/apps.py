"""What the tests of the adapter share: requests as events, and handlers that are closed again."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from lambdakit.asgi import LambdaApp
from lambdakit.asgi.types import App, Message, Receive, Scope, Send
from lambdakit.events import FORMATS, Gateway, Headers, Request, Response

EVERY_FORMAT = tuple(FORMATS)


class Deadline:
    """A context whose function has a given number of milliseconds left."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@contextmanager
def serving(app: object, **options: Any) -> Generator[LambdaApp]:
    """Yield a handler for an app and close it."""
    handler = LambdaApp(app, **options)
    try:
        yield handler
    finally:
        handler.close()


def make_request(
    path: str = "/", *, method: str = "GET", query: str = "", headers: Headers | None = None, body: bytes = b""
) -> Request:
    """Return a request as a client would send it; the path is given decoded."""
    sent = [(b"host", b"shop.example.com"), *(headers or [])]
    if body:
        sent.append((b"content-length", b"%d" % len(body)))
    return Request(method, path, quote(path).encode(), query.encode(), sent, body)


def make_event(path: str = "/", *, via: str = "function-url", gateway: Gateway | None = None, **request: Any) -> Any:
    """Return the event of a request; see `make_request`."""
    return FORMATS[via].encode_request(make_request(path, **request), gateway or Gateway())


def send(
    handler: LambdaApp, path: str = "/", *, via: str = "function-url", context: Any = None, **request: Any
) -> Response:
    """Return what the client gets for a request that goes through a handler."""
    return FORMATS[via].decode_response(handler(make_event(path, via=via, **request), context))


def header(response: Response, name: bytes) -> bytes | None:
    """Return the last value of a response header."""
    return dict(response.headers).get(name)


def answering(
    body: bytes = b"", *, status: int = 200, headers: Headers | None = None, chunks: tuple[bytes, ...] = ()
) -> App:
    """Return an app that gives one fixed answer, in one message or in several."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if await answered_lifespan(scope, receive, send):
            return
        await send({"type": "http.response.start", "status": status, "headers": headers or []})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": body})

    return app


async def answered_lifespan(scope: Scope, receive: Receive, send: Send) -> bool:
    """Serve a lifespan scope to its end and say so; other scopes are left alone."""
    if scope["type"] != "lifespan":
        return False
    message: Message = await receive()
    while message["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
        message = await receive()
    await send({"type": "lifespan.shutdown.complete"})
    return True
