"""An HTTP request as a client of a service sends it."""

import os
from collections.abc import Mapping
from urllib.parse import quote

from lambdakit.events import EventFormat, Headers, Request
from lambdakit.events.path import decode_path

# What a client leaves as it is: the delimiters of RFC 3986, and percent signs, which begin what is encoded already.
_LEFT_ALONE = "/?%:@!$&'()*+,;=[]"


def make_request(
    method: str, target: str, *, headers: Headers, content: bytes, content_type: bytes | None, host: bytes
) -> Request:
    """Return a request with the headers that every client sends.

    Args:
        method: In any case.
        target: A path, perhaps with a query string; what no URL may hold is percent-encoded, a fragment is cut off.
        headers: Those given replace those that a client adds.
        content: The body.
        content_type: The type of a body, where the headers do not name it.
        host: Whom it is sent to, where the headers do not name it.
    """
    path, _, query = _on_the_wire(target.partition("#")[0]).partition("?")
    defaults = {b"host": host, b"user-agent": b"toolkit", b"accept": b"*/*"}
    if content_type:
        defaults |= {b"content-type": content_type, b"content-length": str(len(content)).encode()}
    return Request(
        method.upper(), decode_path(path), path.encode(), query.encode(), _complete(headers, defaults), content
    )


def typical_host(event_format: EventFormat) -> bytes:
    """Return the host that a service's events name when the client does not."""
    event = event_format.encode_request(Request("GET", "/", b"/", b"", []))
    host, _ = event_format.decode_request(event).server or ("localhost", None)
    return host.encode()


def _on_the_wire(text: str) -> str:
    return quote(os.fsencode(text), safe=_LEFT_ALONE)


def _complete(headers: Headers, defaults: Mapping[bytes, bytes]) -> Headers:
    given = {name for name, _ in headers}
    return [*((name, value) for name, value in defaults.items() if name not in given), *headers]
