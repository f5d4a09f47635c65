"""A handler's event and result as bytes."""

import json
from decimal import Decimal
from typing import Any, cast

from lambdakit import settings
from lambdakit.runtime.client import Event, Outcome
from lambdakit.runtime.failures import ReportedError


def _encode_other(value: object) -> object:
    if isinstance(value, Decimal):
        return _encode_decimal(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _encode_decimal(value: Decimal) -> int | float:
    number = float(value)
    if value.is_nan() or Decimal(repr(number)) == value:
        return number
    if value == value.to_integral_value():
        return int(value)
    raise TypeError(f"Decimal {value} has more digits than a number in JSON can be trusted with; return it as text")


_encode = json.JSONEncoder(ensure_ascii=settings.writes_ascii(), default=_encode_other).encode


def read_event(event: Event) -> Any:
    """Return what a JSON payload says; another payload comes as bytes.

    Raises:
        ReportedError: The payload is said to be JSON and is not.
    """
    if event.headers.get("content-type", "application/json") != "application/json":
        return event.payload
    try:
        return json.loads(event.payload)
    except (ValueError, RecursionError) as error:
        raise ReportedError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def read_header(event: Event, name: str, what: str) -> dict[str, Any] | None:
    """Return the JSON object in a header, or None without it.

    Raises:
        ReportedError: It holds none.
    """
    text = event.headers.get(name)
    if not text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportedError("Runtime.LambdaContextUnmarshalError", f"Unable to parse {what} JSON: {error}") from error
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def make_outcome(result: Any) -> Outcome:
    """Return a handler's result as it is posted: JSON, or bytes as they are.

    Raises:
        ReportedError: JSON has no form for it.
    """
    if isinstance(result, bytes):
        return Outcome(result, "application/unknown")
    try:
        text = _encode(result)
        return Outcome(text.encode("ascii" if text.isascii() else "utf-8"))
    except UnicodeEncodeError:
        # A lone surrogate is no Unicode text, but JSON can escape it.
        return Outcome(json.dumps(result, default=_encode_other).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ReportedError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
