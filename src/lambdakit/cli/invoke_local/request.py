"""The HTTP request that a command line describes."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from lambdakit.cli.invoke_local.content import parse_json, read_value
from lambdakit.errors import OptionError, PayloadTooLarge
from lambdakit.events import EventFormat, Headers, Request
from lambdakit.events.path import decode_path

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")
# What a client leaves as it is: the delimiters of RFC 3986, and percent signs, which begin what is encoded already.
_LEFT_ALONE = "/?%:@!$&'()*+,;=[]"


class Body(NamedTuple):
    """A request's body and the content type that goes with it."""

    content: bytes = b""
    content_type: bytes | None = None


def build_request(
    method: str | None, path: str | None, *, headers: Sequence[str], body: Body, event_format: EventFormat
) -> Request:
    """Return the request as a client of the service would send it.

    Args:
        method: In any case.
        path: May bring a query string; what no URL may hold is percent-encoded.
        headers: Texts of the form `Name: value`.
        body: Its content type gives way to a header.
        event_format: Its service is the host unless a header names another.

    Raises:
        OptionError: A part is missing or cannot be sent in HTTP.
        PayloadTooLarge: The service does not take a body of this size.
    """
    if method is None or path is None:
        fix = "write both, as in GET /items, or --event FILE"
        raise OptionError("there is no request to send", where="METHOD PATH", fix=fix)
    if not _TOKEN.fullmatch(method):
        raise OptionError(f"{method!r} is no HTTP method", where="METHOD", fix="write METHOD PATH, as in GET /items")
    if not path.startswith("/"):
        raise OptionError(f"{path!r} is no path", where="PATH", fix="begin it with a slash, as in /items")
    if len(body.content) > event_format.request_limit:
        what = f"the body has {len(body.content)} bytes, {event_format.name} takes {event_format.request_limit}"
        raise PayloadTooLarge(what, where="the request", fix="send less, or put what is large into S3")
    wire_path, _, query = _on_the_wire(path.partition("#")[0]).partition("?")
    defaults = _default_headers(_own_host(event_format), body)
    sent = _with_defaults([_parse_header(header) for header in headers], defaults)
    return Request(method.upper(), decode_path(wire_path), wire_path.encode(), query.encode(), sent, body.content)


def _on_the_wire(text: str) -> str:
    return quote(os.fsencode(text), safe=_LEFT_ALONE)


def _own_host(event_format: EventFormat) -> bytes:
    """Return the host that a service's events name when the client does not."""
    event = event_format.encode_request(Request("GET", "/", b"/", b"", []))
    host, _ = event_format.decode_request(event).server or ("localhost", None)
    return host.encode()


def _default_headers(host: bytes, body: Body) -> Headers:
    headers = [(b"host", host), (b"user-agent", b"toolkit"), (b"accept", b"*/*")]
    if body.content_type:
        headers += [(b"content-type", body.content_type), (b"content-length", str(len(body.content)).encode())]
    return headers


def _parse_header(text: str) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(":")
    if not colon or not _TOKEN.fullmatch(name) or _CONTROL.search(value):
        raise OptionError(f"{text!r} is no header", where="--header", fix="write it as 'Name: value'")
    return name.lower().encode(), os.fsencode(value.strip())


def _with_defaults(headers: Headers, defaults: Headers) -> Headers:
    given = {name for name, _ in headers}
    return [*(default for default in defaults if default[0] not in given), *headers]


def read_body(*, json_text: str | None, data: str | None) -> Body:
    """Return the body that `--json` or `--data` gives, with the content type that curl would give it.

    Raises:
        OptionError: Both are given, a file cannot be read, or the JSON is none.
    """
    if json_text is not None and data is not None:
        raise OptionError("a request has one body", where="--json and --data", fix="leave one of them out")
    if json_text is not None:
        content = read_value(json_text, "--json")
        parse_json(content)
        return Body(content.data, b"application/json")
    if data is not None:
        return Body(read_value(data, "--data").data, b"application/x-www-form-urlencoded")
    return Body()
