"""Whether a request means this machine: any web page can send some here."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def find_foreign(headers: Mapping[bytes, bytes]) -> str:
    """Return what is wrong with a request's `Host` or `Origin`, or an empty text."""
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


async def refuse_foreign(send: Callable[[MutableMapping[str, Any]], Awaitable[None]], reason: str) -> None:
    """Answer a request that does not mean this machine."""
    body = f"toolkit: {reason}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
