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
_NOTE = "lambdakit.note"
_TRACES = ("exception", "stackTrace")


def show_message(message: str, *, is_platform: bool = False) -> str:
    """Return a structured line as its message, then its other fields as `name=value`, then its traceback.

    A record of Lambda's own has its type in place of a message, which no function's can have. Anything else is
    returned as it is.
    """
    content = _read(message)
    if is_platform and isinstance(record := content.get("record"), dict) and isinstance(content.get("type"), str):
        return _show_record(content["type"], cast("dict[str, Any]", record))
    if not {"level", "message"} <= content.keys():
        return message
    fields = {name: value for name, value in content.items() if name not in (*_SHOWN_ELSEWHERE, *_TRACES)}
    if not fields.get("cold_start", True):
        del fields["cold_start"]
    words = [_as_text(content["message"]), *(f"{name}={_as_text(value)}" for name, value in fields.items())]
    return "\n".join([" ".join(words), *filter(None, map(_trace, map(content.get, _TRACES)))])


def _show_record(kind: str, record: Mapping[str, Any]) -> str:
    if kind == _NOTE:
        return f"lambdakit: {_as_text(record.get('message'))}"
    metrics = record.get("metrics")
    fields = {**record, **(cast("dict[str, Any]", metrics) if isinstance(metrics, dict) else {})}
    words = (f"{name}={_as_text(value)}" for name, value in fields.items() if name not in {"metrics", "requestId"})
    return " ".join([kind, *words])


def _read(message: str) -> Mapping[str, Any]:
    """Return the members of a line that is a JSON object, else none."""
    if not message.startswith("{"):
        return {}
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _trace(lines: Any) -> str:
    return "".join(map(str, cast("list[Any]", lines))).rstrip("\n") if isinstance(lines, list) else str(lines or "")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
