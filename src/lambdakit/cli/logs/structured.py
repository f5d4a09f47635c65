"""Structured lines as people read them."""

import json
from collections.abc import Mapping
from typing import Any, cast

_SHOWN_ELSEWHERE = frozenset(
    (
        *("level", "message", "timestamp", "service", "sampling_rate", "location", "logger", "xray_trace_id"),
        *("function_name", "function_memory_size", "function_request_id", "requestId", "stack_trace", "exception_name"),
    )
)
"""What a record says already, or what every line of a function repeats."""
_TRACES = ("exception", "stackTrace")


def show_message(message: str) -> str:
    """Return a structured line as its message, then its other fields as `name=value`, then its traceback.

    Anything else is returned as it is.
    """
    content = _read(message)
    if content is None:
        return message
    fields = {name: value for name, value in content.items() if name not in (*_SHOWN_ELSEWHERE, *_TRACES)}
    if not fields.get("cold_start", True):
        del fields["cold_start"]
    words = [_as_text(content["message"]), *(f"{name}={_as_text(value)}" for name, value in fields.items())]
    return "\n".join([" ".join(words), *filter(None, map(_trace, map(content.get, _TRACES)))])


def _read(message: str) -> Mapping[str, Any] | None:
    """Return the members of a line that a logger wrote, or None."""
    if not message.startswith("{"):
        return None
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        return None
    is_line = isinstance(content, dict) and {"level", "message"} <= cast("dict[str, Any]", content).keys()
    return cast("dict[str, Any]", content) if is_line else None


def _trace(lines: Any) -> str:
    return "".join(map(str, cast("list[Any]", lines))).rstrip("\n") if isinstance(lines, list) else str(lines or "")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
