"""A handler's event and result as bytes."""

import json
import os
from decimal import Decimal
from typing import Any, cast

from lambdakit.runtime.client import Event, Outcome
from lambdakit.runtime.failures import ReportedError

_IS_ASCII = os.environ.get("AWS_EXECUTION_ENV", "").endswith(("python3.11", "python3.10"))
"""Lambda's runtime client writes ASCII up to Python 3.11, and UTF-8 from 3.12 on."""


def _encode_other(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_encode = json.JSONEncoder(ensure_ascii=_IS_ASCII, default=_encode_other).encode


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
