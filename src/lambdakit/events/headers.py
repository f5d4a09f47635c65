"""Header maps of events and results, to and from header pairs."""

from collections.abc import Collection, Iterable, Mapping
from itertools import product
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
        return _encode_pairs(single.items())
    except AttributeError:
        # Few events have null headers; the others do not pay for looking.
        return _encode_pairs([(name, value) for name, value in single.items() if value is not None])


def pairs_of_lists(multiple: Mapping[str, Any]) -> Headers:
    """Return the pairs of a map of name to list of values; a null list is no header."""
    if set(map(type, multiple.values())) == {list}:
        try:
            # Nearly every header has one value, and taking just that saves a third of the time.
            return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, [value] in multiple.items()]
        except ValueError:
            pass
    return _encode_pairs([(name, value) for name, values in multiple.items() for value in as_list(values or [])])


def _encode_pairs(pairs: Collection[tuple[str, Any]]) -> Headers:
    try:
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    except UnicodeEncodeError:
        return [(encode_text(name.lower()), encode_text(value)) for name, value in pairs]


def as_list(values: Any) -> list[Any]:
    """Return a value that has to be a list; text passes for one wherever Python iterates over it.

    Raises:
        TypeError: It is none.
    """
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
    return map("".join, product(*(dict.fromkeys((letter, letter.upper())) for letter in name)))


def with_content_length(headers: Headers, by_name: Mapping[bytes, bytes], method: str, body: bytes) -> Headers:
    """Return headers with the content-length that some services drop.

    Servers promise it to their apps, and frameworks that read bodies by its count answer 400 without it.
    """
    has_body = body or method in {"POST", "PUT", "PATCH"}
    if has_body and b"content-length" not in by_name and b"transfer-encoding" not in by_name:
        return [*headers, (b"content-length", b"%d" % len(body))]
    return headers
