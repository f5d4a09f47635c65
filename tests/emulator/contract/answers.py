"""What the caller of a function sees, without what is different each time."""

import json
import re
from typing import Any, cast

Seen = Any
"""A JSON value, or bytes where the payload is no JSON."""

ID = "<id>"
"""Stands for any request id."""

REFUSED = "<refused>"
"""Stands for an event that the Invoke API does not take: 413 on AWS, PayloadTooLarge in the local Lambda."""

_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_answer(payload: bytes) -> Seen:
    """Read a payload; request ids become one word, and of an error's trace its being there is kept."""
    try:
        content: Seen = json.loads(_REQUEST_ID.sub(ID, payload.decode()))
    except ValueError:
        return payload
    return content if error_type(content) is None else _shorten(content)


def error_type(seen: Seen) -> str | None:
    """Return the type of an error, None of a result."""
    return cast("dict[str, str]", seen).get("errorType") if isinstance(seen, dict) else None


def _shorten(error: dict[str, Any]) -> dict[str, Any]:
    return {**error, **({"stackTrace": bool(error["stackTrace"])} if "stackTrace" in error else {})}


def raised(error_type: str, message: str, *, has_trace: bool = True, request_id: str = ID) -> dict[str, Any]:
    """Return the error that a runtime posts."""
    return {
        "errorType": error_type,
        "errorMessage": message,
        "requestId": request_id,
        "stackTrace": has_trace,
    }


def failed_init(error_type: str, message: str, *, has_trace: bool = False) -> dict[str, Any]:
    """Return the error that a runtime posts before there is a request."""
    return raised(error_type, message, has_trace=has_trace, request_id="")


def broke(error_type: str, reason: str) -> dict[str, str]:
    """Return the error that Lambda itself reports of an environment."""
    return {"errorType": error_type, "errorMessage": f"RequestId: {ID} Error: {reason}"}
