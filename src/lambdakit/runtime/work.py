"""The tasks that an invocation leaves behind: work that goes on after its answer."""

import asyncio
import inspect
from collections.abc import Coroutine
from contextvars import ContextVar
from types import FrameType
from typing import Any, cast

_LOOP_MODULES = frozenset({__name__, "asyncio.base_events", "asyncio.tasks"})

started: ContextVar[set[asyncio.Task[Any]] | None] = ContextVar("lambdakit_started", default=None)
"""The tasks that the invocation of this context has started and nobody waits for."""


def track(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop note in `started` each task that is started by itself.

    Those of task groups are left out: either their group ends with the request, or it belongs to something that
    outlives it, such as a session.
    """
    # The stubs know factories for coroutines alone as little as `asyncio.Task` knows other ones.
    loop.set_task_factory(cast("Any", _make_task))


def _make_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, **options)
    owned = started.get()
    if owned is not None and not _is_in_a_group(inspect.currentframe()):
        owned.add(task)
        task.add_done_callback(owned.discard)
    return task


def _is_in_a_group(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals.get("__name__") in _LOOP_MODULES:
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "") if frame else ""
    return name.startswith(("asyncio.", "anyio."))


async def finish(owned: set[asyncio.Task[Any]]) -> None:
    """Wait until every task has ended, those that they start included."""
    while left := {task for task in owned if not task.done()}:
        await asyncio.wait(left)


async def cut(owned: set[asyncio.Task[Any]], seconds: float) -> list[str]:
    """Cancel what is left and return its names; it gets some seconds to end."""
    left = {task for task in owned if not task.done()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=seconds)
    return sorted(_name(task) for task in left)


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", task.get_name())
