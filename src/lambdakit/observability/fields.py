"""What every line says of the invocation and the request that it belongs to."""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from lambdakit import settings
from lambdakit.observability.current import current

of_request: ContextVar[Mapping[str, Any]] = ContextVar("lambdakit_request_fields", default={})  # noqa: B039 (a Mapping)
"""The fields that an access log gives to every line of its request; never changed, only replaced."""
_FOREIGN = ("aws_request_id", "tenant_id", "_frame_type", "color_message", "taskName")
"""What AWS's client, uvicorn and asyncio add to a record; the lines call it as Powertools does, or leave it out."""


def complete(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy of a record with the fields of its invocation and request; what the caller gave stays."""
    known = dict(record.__dict__)
    request_id, tenant_id, *_ = (known.pop(name, None) for name in _FOREIGN)
    fields = _of_invocation(request_id or None, tenant_id or None)
    for name, value in {**fields, **of_request.get()}.items():
        if value is not None:
            known.setdefault(name, value)
    # Not `makeLogRecord`: it looks up the time, the thread and the task of a record that has all of them.
    completed = logging.LogRecord.__new__(logging.LogRecord)
    completed.__dict__.update(known)
    return completed


def _of_invocation(request_id: str | None, tenant_id: str | None) -> dict[str, Any]:
    invocation = current.get()
    return {
        "cold_start": invocation.is_cold_start if invocation else None,
        "function_name": settings.function_name(),
        "function_memory_size": settings.function_memory(),
        "function_request_id": invocation.request_id if invocation else request_id,
        "tenant_id": invocation.tenant_id if invocation else tenant_id,
    }
