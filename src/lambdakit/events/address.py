"""Where a request came from and which host it asked for, out of headers that the client may have made up."""

import re
from collections.abc import Mapping
from functools import lru_cache

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/?#@\\]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LAST_PORT = 65_535


def scheme_of(headers: Mapping[bytes, bytes]) -> str:
    """Return the scheme the client used, by X-Forwarded-Proto; `https` when nothing usable is there."""
    forwarded = headers.get(b"x-forwarded-proto", b"https")
    if forwarded == b"https":
        return "https"
    return "http" if forwarded.rpartition(b",")[2].strip().lower() == b"http" else "https"


def server_of(headers: Mapping[bytes, bytes], scheme: str, domain: str) -> tuple[str, int]:
    """Return the host and port that the request was sent to.

    A Host header that is missing or no host at all gives way to the domain that the service itself names.
    """
    return _server(headers.get(b"host", b""), headers.get(b"x-forwarded-port", b""), scheme, domain)


@lru_cache(maxsize=64)
def _server(host: bytes, forwarded_port: bytes, scheme: str, domain: str) -> tuple[str, int]:
    match = _HOST.fullmatch(host.decode("latin-1"))
    name, port = (match[1], match[2]) if match else (domain, None)
    port = port or forwarded_port.rpartition(b",")[2].decode("latin-1")
    return name.strip("[]"), _port_of(port) or _DEFAULT_PORTS[scheme]


def _port_of(text: str) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    port = int(text[:6])
    return port if 0 < port <= _LAST_PORT else None


def client_of(headers: Mapping[bytes, bytes]) -> tuple[str, int] | None:
    """Return the address and port of the peer, by the last entry of X-Forwarded-For.

    The service appends its own peer to what the client sent, so that every earlier entry may be a lie
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html).
    """
    peer = headers.get(b"x-forwarded-for", b"").rpartition(b",")[2].decode("latin-1").strip()
    if peer.startswith("["):
        host, _, port = peer[1:].partition("]")
        return host, _port_of(port.lstrip(":")) or 0
    if peer.count(":") == 1:
        host, _, port = peer.partition(":")
        return host, _port_of(port) or 0
    return (peer, 0) if peer else None
