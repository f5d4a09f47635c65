"""Bodies as JSON strings: plain text where every reader agrees on it, base64 otherwise."""

from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from typing import Any

_TEXT_SUBTYPES = frozenset(
    {
        "ecmascript",
        "graphql",
        "graphql-response",
        "javascript",
        "json",
        "jsonl",
        "ld+json",
        "ndjson",
        "sql",
        "toml",
        "x-javascript",
        "x-ndjson",
        "x-www-form-urlencoded",
        "x-yaml",
        "xml",
        "yaml",
    }
)
_PLAIN_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
_TEXT_SUFFIXES = ("+json", "+xml", "+yaml", "+json-seq")


@lru_cache(maxsize=256)
def is_text(content_type: str) -> bool:
    """Say whether bodies of a content type are text: `text/*`, JSON, XML, YAML, JavaScript, forms and their kin."""
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "text" or subtype in _TEXT_SUBTYPES or subtype.endswith(_TEXT_SUFFIXES)


def is_plain(content_type: str, *, encoded: bool) -> bool:
    """Say whether a load balancer or VPC Lattice hands on a body without base64.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
    """
    kind = content_type.partition(";")[0].strip().lower()
    return not encoded and (kind.startswith("text/") or kind in _PLAIN_TYPES)


def decode_body(body: Any, is_base64: Any) -> bytes:
    """Return the bytes of an event's or a result's body; a missing one is empty.

    Raises:
        TypeError: The body is neither text nor null, or the flag is neither true, false nor null.
        ValueError: The body is no base64 although it says so, or holds half of a surrogate pair.
    """
    if is_base64 not in (True, False, None):
        raise TypeError("a boolean was expected")
    if body is None:
        return b""
    if not is_base64:
        return str.encode(body)
    try:
        return a2b_base64(body, strict_mode=True)
    except ValueError as error:
        raise ValueError(f"the body says it is base64 and is not ({error})") from error


def encode_body(body: bytes, *, as_text: bool) -> tuple[str, bool]:
    """Return the body as text and False, or as base64 and True where it has to be or is no UTF-8."""
    if as_text:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return b2a_base64(body, newline=False).decode("ascii"), True
