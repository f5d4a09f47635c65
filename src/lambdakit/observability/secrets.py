"""Secret values that are known by heart: those of the environment and those that the current request carried."""

import json
import os
import re
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from itertools import islice
from time import monotonic
from typing import Any, cast
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from lambdakit import settings
from lambdakit.observability.names import is_secret

SHORTEST = 6
"""Shorter values, such as `true` or a port, appear in lines by chance."""
_LONGEST_TRUST = 1.0
"""Seconds for which an environment of the same size is taken as unchanged."""
_LARGEST_BODY = 65_536
_MOST_FIELDS = 1000
_MOST_VALUES = 64
_password_in_address = re.compile(r"://[^\s/:@]*:([^\s@]+)@").search
_BOTH = "\"'"
_is_plain = re.compile(r"[\w.~-]*", re.ASCII).fullmatch


class EnvironmentSecrets:
    """The values of variables with secret names, as one pattern that is made again when the environment changes.

    `more` are variables of another process whose secrets are to be known too.
    """

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        self._more = list((more or {}).items())
        self._values: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self._read_at = float("-inf")
        self._size = -1

    def pattern(self) -> re.Pattern[str] | None:
        """Return a pattern that matches each value verbatim, longest first; None where there are none."""
        if self._size != len(os.environ) or monotonic() - self._read_at > _LONGEST_TRUST:
            self._read()
        return self._pattern

    def _read(self) -> None:
        variables = settings.environment_items()
        values = frozenset(_secret_values([*variables, *self._more]))
        if values != self._values:
            written = sort_by_length({form for value in values for form in _forms(value)})
            self._pattern = re.compile("|".join(map(re.escape, written))) if written else None
            self._values = values
        self._size, self._read_at = len(variables), monotonic()


def _secret_values(variables: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in variables:
        password = _password_in_address(value)
        if password and _is_long(password[1]):
            yield password[1]
        if (password or is_secret(name)) and _is_long(value):
            yield value


class RequestSecrets:
    """The secret values in the headers, the query and the body of one request.

    Nothing is examined before a line has to be written. Bodies are JSON or form fields of up to 64 KiB; of larger ones,
    of uploads, and of what comes after the first 64 values only that stays out of lines which can be told by its name
    or its shape.
    """

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        """Take the ASGI scope of a request."""
        self._scope = scope
        self._chunks: list[bytes] = []
        self._size = 0
        self._of_head: tuple[str, ...] | None = None
        self._of_body: tuple[int, tuple[str, ...]] = (0, ())
        self.reads_body = True
        """Whether a line may quote the body."""

    def add_body(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        self._size += len(chunk)
        if chunk and self._size <= _LARGEST_BODY:
            self._chunks.append(chunk)
        elif chunk:
            self._chunks.clear()

    def values(self) -> tuple[str, ...]:
        """Return the values, in every form in which a line may show them, the longest first."""
        if self._of_head is None:
            self._of_head = _written(_in_head(self._scope))
        if not self.reads_body or not self._chunks:
            return self._of_head
        if self._of_body[0] != self._size:
            found = _written(_in_body(self._scope, b"".join(self._chunks)))
            self._of_body = (self._size, sort_by_length({*found, *self._of_head}))
        return self._of_body[1]


of_request: ContextVar[RequestSecrets | None] = ContextVar("lambdakit_request_secrets", default=None)
"""What the request of this context brought along."""


def _in_head(scope: MutableMapping[str, Any]) -> Iterator[str]:
    for raw_name, value in scope["headers"]:
        name = raw_name.decode("latin-1")
        if is_secret(name):
            yield from _parts_of_header(name.lower(), value.decode("latin-1"))
    if query := scope.get("query_string", b"").decode("latin-1"):
        yield from _in_form(query)


def _parts_of_header(name: str, value: str) -> Iterator[str]:
    if name == "cookie":
        yield from (pair.partition("=")[2].strip() for pair in value.split(";"))
        return
    scheme, _, credentials = value.partition(" ")
    yield credentials
    if scheme.lower() == "basic":
        yield from _in_basic(credentials)
    elif scheme.lower() != "bearer":
        yield value


def _in_basic(credentials: str) -> Iterator[str]:
    """Yield what basic credentials are in clear: user and password, and the password alone."""
    try:
        decoded = a2b_base64(credentials + "==").decode("utf-8", "replace")
    except ValueError:
        return
    yield decoded
    yield decoded.partition(":")[2]


def _in_body(scope: MutableMapping[str, Any], body: bytes) -> Iterator[str]:
    kind = next((value for name, value in scope["headers"] if name.lower() == b"content-type"), b"")
    if b"x-www-form-urlencoded" in kind.lower():
        yield from _in_form(body.decode("utf-8", "replace"))
        return
    try:
        yield from _in_json(json.loads(body))
    except (ValueError, RecursionError):
        return


def _in_form(text: str) -> Iterator[str]:
    try:
        fields = parse_qsl(text, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return
    yield from (value for name, value in fields if is_secret(name))


def _in_json(content: Any, *, is_hidden: bool = False) -> Iterator[str]:
    if isinstance(content, dict):
        for name, member in cast("dict[str, Any]", content).items():
            yield from _in_json(member, is_hidden=is_hidden or is_secret(name))
    elif isinstance(content, list):
        for member in cast("list[Any]", content):
            yield from _in_json(member, is_hidden=is_hidden)
    elif is_hidden and isinstance(content, str | int):
        yield str(content)


def _written(values: Iterable[str]) -> tuple[str, ...]:
    # Each is looked for in every text of a line, and a caller may send as many as he likes.
    known = islice(filter(_is_long, values), _MOST_VALUES)
    return sort_by_length({form for value in known for form in _forms(value)})


def sort_by_length(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values, the longest first, so that none hides the rest of a longer one."""
    return tuple(sorted(values, key=len, reverse=True))


def _is_long(value: str) -> bool:
    return len(value) >= SHORTEST


def _forms(value: str) -> set[str]:
    """Return how a value is written as it is, by Python, in JSON and in addresses, also one within the other."""
    if _is_plain(value):
        return {value}
    once = {value, unquote(value), _as_utf_8(value), *_in_addresses(value), *_quoted(value)}
    return {form for form in (*once, *(again for form in once for again in _quoted(form))) if _is_long(form)}


def _in_addresses(value: str) -> tuple[str, ...]:
    return quote(value, safe="", errors="replace"), quote(value, errors="replace"), quote_plus(value, errors="replace")


def _quoted(value: str) -> tuple[str, ...]:
    as_bytes = value.encode("utf-8", "surrogatepass")
    written = (repr(value), ascii(value), json.dumps(value), json.dumps(value, ensure_ascii=False), repr(as_bytes)[1:])
    # Where a text holds both kinds of quotes, Python escapes the single ones, whichever part they are in.
    beside = (repr(_BOTH + value), ascii(_BOTH + value))
    return (*(text[1:-1] for text in written), *(text[len(repr(_BOTH)) - 1 : -1] for text in beside))


def _as_utf_8(value: str) -> str:
    """Return what an app reads that takes a header for UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
