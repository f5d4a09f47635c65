"""Work of one invocation on the event loop, up to a moment just before its deadline."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from lambdakit.runtime.invocation import Invocation
from lambdakit.runtime.loop import MainLoop, hosted_loop
from lambdakit.runtime.work import cut, finish, started

_GRACE = 0.05


def run(work: Coroutine[Any, Any, None], invocation: Invocation, seconds: float) -> str | None:
    """Run work, and all that it starts and leaves behind, to its end or for some seconds.

    Returns:
        None, or what was cut off.

    Raises:
        BaseException: What the work raised.
    """
    loop = hosted_loop() or MainLoop()
    owned: set[asyncio.Task[Any]] = set()
    failures: list[BaseException] = []
    try:
        loop.run(_work(work, owned, failures), seconds=seconds)
    except TimeoutError:
        return loop.run(_cut(owned, invocation), seconds=2 * _GRACE)
    if failures:
        raise failures[0]
    return None


async def run_beside_others(work: Coroutine[Any, Any, None], invocation: Invocation, seconds: float) -> str | None:
    """Do as `run` does, from within the event loop, where the work of other invocations goes on."""
    owned: set[asyncio.Task[Any]] = set()
    failures: list[BaseException] = []
    task = asyncio.get_running_loop().create_task(_work(work, owned, failures))
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_GRACE)
        return await _cut(owned, invocation)
    if failures:
        raise failures[0]
    return None


async def _work(work: Coroutine[Any, Any, None], owned: set[asyncio.Task[Any]], failures: list[BaseException]) -> None:
    started.set(owned)
    try:
        await work
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        failures.append(error)
    await finish(owned)


async def _cut(owned: set[asyncio.Task[Any]], invocation: Invocation) -> str:
    names = await cut(owned, _GRACE)
    stream = invocation.stream_begun
    if stream is not None and not stream.has_ended:
        await stream.fail("Sandbox.Timedout", "the response was cut off just before the function's time-out")
    return ", ".join(names) or "the handler"
