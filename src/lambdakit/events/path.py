"""Paths and query strings: encoded, decoded, and split into what is the gateway's and what is the app's."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

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
    # Not `urlencode`: it takes a number or an object for its text instead of refusing it.
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in _pairs(parameters)).encode("ascii")


def join_query(parameters: Mapping[str, Any] | None) -> bytes:
    """Join a map of query parameters that are still encoded, without touching them."""
    return "&".join([name + "=" + value for name, value in _pairs(parameters)]).encode()


def _pairs(parameters: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    if not parameters:
        return []
    return [
        (name, "" if value is None else value)
        for name, values in parameters.items()
        for value in (values if is_list(values) else [values])
    ]


def group_query(query: bytes) -> dict[str, list[str]]:
    """Return a map of the parameters of a query string to the lists of their values, all still encoded."""
    parameters: dict[str, list[str]] = {}
    for pair in query.decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        if pair:
            parameters.setdefault(name, []).append(value)
    return parameters


def resolve_route(route: str, parameters: Mapping[str, Any] | None) -> str:
    """Return the path that a route such as `/orders/{id}` stands for with its path parameters filled in."""
    return _PARAMETER.sub(lambda match: (parameters or {}).get(match[1]) or match[0], route)


def prefix_before(path: str, route: str) -> str | None:
    """Return what stands before the route in a path, or None when the path does not end in the route."""
    if path.endswith(route):
        return path[: len(path) - len(route)]
    return path.rstrip("/") if route == "/" else None


def stage_prefix(path: str, stage: object, domain: object) -> str:
    """Return `/stage` when an API's own domain shows a named stage at the start of the path, else nothing.

    A custom domain maps its stages away, so there the first segment belongs to the app.
    """
    if not isinstance(stage, str) or not isinstance(domain, str):
        return ""
    if stage in {"", "$default"} or ".execute-api." not in domain:
        return ""
    prefix = f"/{stage}"
    return prefix if path == prefix or path.startswith(prefix + "/") else ""
