"""Paths and query strings: encoded, decoded, and split into what is the gateway's and what is the app's."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from lambdakit.events.shape import is_list

_PATH_SAFE = "/:@!$&'()*+,;=~"
_needs_quoting = re.compile(r"[^A-Za-z0-9\-._/:@!$&'()*+,;=~]").search
_PARAMETER = re.compile(r"\{([^{}+]+)\+?\}")


def decode_path(raw_path: str) -> str:
    """Percent-decode a path once, as UTF-8; bytes that are no UTF-8 become U+FFFD."""
    return unquote(raw_path) if "%" in raw_path else raw_path


def encode_path(path: str) -> bytes:
    """Percent-encode a decoded path."""
    return (quote(path, safe=_PATH_SAFE) if _needs_quoting(path) else path).encode("ascii")


def encode_query(parameters: Mapping[str, Any] | None) -> bytes:
    """Encode a map of decoded query parameters; each value is text, null or a list of those."""
    if not parameters:
        return b""
    pairs = [(name, value or "") for name, values in parameters.items() for value in _as_list(values)]
    return urlencode(pairs).encode("ascii")


def join_query(parameters: Mapping[str, Any] | None) -> bytes:
    """Join a map of query parameters that are still encoded, without touching them."""
    if not parameters:
        return b""
    return "&".join(f"{name}={value}" for name, values in parameters.items() for value in _as_list(values)).encode()


def group_query(query: bytes) -> dict[str, list[str]]:
    """Return a map of the parameters of a query string to the lists of their values, all still encoded."""
    parameters: dict[str, list[str]] = {}
    for pair in query.decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        if pair:
            parameters.setdefault(name, []).append(value)
    return parameters


def _as_list(values: Any) -> list[Any]:
    return values if is_list(values) else [values]


def resolve_route(route: str, parameters: Mapping[str, Any] | None) -> str:
    """Return the path that a route such as `/orders/{id}` stands for with its path parameters filled in."""
    return _PARAMETER.sub(lambda match: str((parameters or {}).get(match[1], match[0])), route)


def prefix_before(path: str, route: str) -> str | None:
    """Return what stands before the route in a path, or None when the path does not end in the route."""
    if path.endswith(route):
        return path[: len(path) - len(route)]
    return path.rstrip("/") if route == "/" else None


def stage_prefix(path: str, stage: object, domain: object) -> str:
    """Return `/stage` when an API's own domain shows a named stage at the start of the path, else nothing.

    A custom domain maps its stages away, so there the first segment belongs to the app.
    """
    if stage == "$default" or not isinstance(domain, str) or ".execute-api." not in domain:
        return ""
    prefix = f"/{stage}"
    return prefix if path == prefix or path.startswith(prefix + "/") else ""
