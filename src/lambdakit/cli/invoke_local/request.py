"""The HTTP request that a command line describes."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from lambdakit.cli.invoke_local.content import parse_json, read_value
from lambdakit.errors import OptionError, PayloadTooLarge
from lambdakit.events import EventFormat, Gateway, Request
from lambdakit.events.rest_api import find_resource, first_accepted
from lambdakit.operations.functions.target import Target
from lambdakit.operations.http_request import make_request, typical_host

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")


class Body(NamedTuple):
    """A request's body and the content type that goes with it."""

    content: bytes = b""
    content_type: bytes | None = None


def build_request(
    method: str | None,
    path: str | None,
    *,
    headers: Sequence[str],
    body: Body,
    event_format: EventFormat,
    host: bytes | None = None,
) -> Request:
    """Return the request as a client of the service would send it.

    Args:
        method: In any case.
        path: May bring a query string; what no URL may hold is percent-encoded.
        headers: Texts of the form `Name: value`.
        body: Its content type gives way to a header.
        event_format: That of the service.
        host: Where it is sent unless a header says so; by default a typical host of the service.

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
    return make_request(
        method,
        path,
        headers=[_parse_header(header) for header in headers],
        content=body.content,
        content_type=body.content_type,
        host=host or typical_host(event_format),
    )


def describe_gateway(target: Target, event_format: EventFormat, request: Request) -> Gateway:
    """Return what the service before a function knows of itself, as it is declared.

    Raises:
        OptionError: It is declared that no request of this path reaches the function.
    """
    trigger = target.web_trigger
    if trigger is None or trigger.via != event_format.name:
        return Gateway()
    gateway = Gateway(stage=trigger.stage or "", accept=first_accepted(request.headers))
    if trigger.binary_media_types is not None:
        gateway = gateway._replace(binary_media_types=trigger.binary_media_types)
    if not trigger.resources:
        return gateway
    path = request.raw_path.decode("latin-1")
    if (resource := find_resource(trigger.resources, path)) is None:
        known = ", ".join(trigger.resources)
        raise OptionError(f"no resource of the API has the path {path!r}", where="PATH", fix=f"call one of {known}")
    return gateway._replace(route=resource)


def _parse_header(text: str) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(":")
    if not colon or not _TOKEN.fullmatch(name) or _CONTROL.search(value):
        raise OptionError(f"{text!r} is no header", where="--header", fix="write it as 'Name: value'")
    return name.lower().encode(), os.fsencode(value.strip())


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
