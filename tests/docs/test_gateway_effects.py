"""How a broken app differs, as docs/reference/gateway-effects.md says: uvicorn closes the connection, here is a 500."""

import socket
import threading
from collections.abc import Generator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected

import pytest
import uvicorn

from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.events import Headers
from tests.asgi.apps import answered_lifespan, header, serving
from tests.asgi.apps import send as send_through

BROKEN: dict[str, tuple[Headers, int]] = {
    "/raises": ([], 500),
    "/returns": ([], 500),
    "/too-short": ([(b"content-length", b"5")], 200),
    "/too-long": ([(b"content-length", b"1")], 200),
    "/bad-header": ([(b"x-split", b"one\r\nx-second: two")], 500),
}
"""The headers that the app sends at each path, and the status that it gets here."""


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    if await answered_lifespan(scope, receive, send):
        return
    headers, _ = BROKEN[scope["path"]]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/raises":
        raise ValueError("after the start")
    if scope["path"] != "/returns":
        await send({"type": "http.response.body", "body": b"abc"})


@pytest.fixture(scope="module")
def address() -> Generator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(broken, http="h11", ws="none", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join(10)


@pytest.mark.parametrize("path", BROKEN)
def test_uvicorn_closes_the_connection_before_the_answer_is_whole(address: tuple[str, int], path: str) -> None:
    client = HTTPConnection(*address, timeout=10)
    client.request("GET", path)

    with pytest.raises((IncompleteRead, RemoteDisconnected)):
        client.getresponse().read()

    client.close()


@pytest.mark.parametrize("path", BROKEN)
def test_here_the_answer_is_whole(path: str) -> None:
    with serving(broken) as handler:
        response = send_through(handler, path)

    assert response.status == BROKEN[path][1]
    assert response.status == 500 or (response.body, header(response, b"content-length")) == (b"abc", b"3")
