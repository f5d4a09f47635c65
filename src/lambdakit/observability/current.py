"""The invocation that code is working for, as far as logs need to know it."""

from contextvars import ContextVar
from typing import NamedTuple


class Current(NamedTuple):
    """What the host of a handler knows of one invocation; `deadline` is in seconds since the epoch."""

    request_id: str
    trace_id: str | None = None
    tenant_id: str | None = None
    deadline: float | None = None
    is_cold_start: bool = False


current: ContextVar[Current | None] = ContextVar("lambdakit_current", default=None)
"""The invocation of this context; None outside of one. A host sets it in the context that it gives to the handler."""
