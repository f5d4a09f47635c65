"""Header maps of events and results, to and from header pairs."""

from collections.abc import Iterable, Mapping
from typing import Any

from lambdakit.events.message import Headers
from lambdakit.events.shape import is_list


def encode_text(text: str) -> bytes:
    """Return the bytes of a header as they were on the wire.

    A gateway hands on bytes beyond ASCII as Latin-1; text that does not fit was read as UTF-8.
    """
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def pairs_of(single: Mapping[str, Any] | None) -> Headers:
    """Return the pairs of a map of name to value; a null value is no header."""
    if not single:
        return []
    try:
        return [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in single.items()
            if value is not None
        ]
    except UnicodeEncodeError:
        return [(encode_text(name.lower()), encode_text(value)) for name, value in single.items() if value is not None]


def pairs_of_lists(multiple: Mapping[str, Any]) -> Headers:
    """Return the pairs of a map of name to list of values; a null list is no header."""
    return [
        (encode_text(name.lower()), encode_text(value))
        for name, values in multiple.items()
        if values is not None
        for value in _as_list(values)
    ]


def _as_list(values: Any) -> list[Any]:
    if is_list(values):
        return values
    raise TypeError("a list was expected")


def grouped(headers: Headers) -> dict[str, list[str]]:
    """Return a map of name to the list of its values."""
    groups: dict[str, list[str]] = {}
    for name, value in headers:
        groups.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return groups


def joined(headers: Headers, separator: str) -> dict[str, str]:
    """Return a map of name to value in which repeated headers became one."""
    joined_headers: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        joined_headers[name] = f"{joined_headers[name]}{separator}{value}" if name in joined_headers else value
    return joined_headers


def joined_but_cookies(headers: Headers) -> tuple[dict[str, str], list[str]]:
    """Return the joined headers and, apart from them, the `set-cookie` values, which no comma may join."""
    single: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == "set-cookie":
            cookies.append(value)
        else:
            single[name] = f"{single[name]}, {value}" if name in single else value
    return single, cookies


def spelled_apart(headers: Headers) -> dict[str, str]:
    """Return a map of name to value that keeps every cookie, each under another spelling of `set-cookie`.

    Header names are read without regard to case, so that a service which takes one value for each key of the map
    still sends them all.
    """
    single, cookies = joined_but_cookies(headers)
    return single | dict(zip(_spellings("set-cookie"), cookies, strict=False))


def _spellings(name: str) -> Iterable[str]:
    letters = [index for index, letter in enumerate(name) if letter.isalpha()]
    for number in range(1 << len(letters)):
        raised = {index for bit, index in enumerate(letters) if number >> bit & 1}
        yield "".join(letter.upper() if index in raised else letter for index, letter in enumerate(name))


def with_content_length(headers: Headers, method: str, body: bytes) -> Headers:
    """Return headers with the content-length that some services drop.

    Servers promise it to their apps, and frameworks that read bodies by its count answer 400 without it.
    """
    has_body = body or method in {"POST", "PUT", "PATCH"}
    if has_body and not any(name in {b"content-length", b"transfer-encoding"} for name, _ in headers):
        return [*headers, (b"content-length", str(len(body)).encode("ascii"))]
    return headers
