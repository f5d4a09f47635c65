"""Which requests come from this machine: any web page can send some to a loopback address."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lambdakit.emulator.front_doors.exchange import Send

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def find_foreign(headers: Mapping[bytes, bytes]) -> str:
    """Return why a request with these headers is not for this machine, and nothing if it is.

    The names are in lower case, as ASGI gives them. Names below `localhost` are this machine's, too.
    """
    host = headers.get(b"host", b"").decode("latin-1")
    if not _is_here(f"//{host}"):
        return f"the Host header names {host!r}, and only this machine's own names are served"
    origin = headers.get(b"origin")
    if origin is not None and not _is_here(origin.decode("latin-1")):
        return f"the Origin header names {origin.decode('latin-1')!r}, and only pages of this machine may call"
    return ""


def _is_here(address: str) -> bool:
    with contextlib.suppress(ValueError):
        name = urlsplit(address).hostname or ""
        return name in _LOOPBACK or name.endswith(".localhost")
    return False


class ForThisMachine:
    """An ASGI app that only clients reach which mean this machine; `log` gets why another is refused.

    None reaches it over a WebSocket, which no service here speaks.
    """

    def __init__(self, app: Any, log: Callable[[str], None]) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1002})
        elif reason := find_foreign(dict(scope["headers"])):
            self._log(f"refused {scope['method']} {scope['path']!r}: {reason}")
            await _refuse(send, reason)
        else:
            await self._app(scope, receive, send)


async def _refuse(send: Send, reason: str) -> None:
    body = f"toolkit: {reason}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
