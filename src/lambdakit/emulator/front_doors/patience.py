import asyncio
import math
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any


async def wait_for_first(
    awaited: "AbstractSet[asyncio.Future[Any]]", *, limit: float | None, idle: float | None, moved: Callable[[], float]
) -> "set[asyncio.Future[Any]]":
    """Return what is done first, or nothing after `limit` seconds or after `idle` seconds in which nothing moved.

    `moved` returns when something did last, on the clock of the event loop.
    """
    loop = asyncio.get_running_loop()
    end = math.inf if limit is None else loop.time() + limit
    while True:
        until = min(end, math.inf if idle is None else moved() + idle)
        timeout = None if until == math.inf else max(until - loop.time(), 0.0)
        done, _ = await asyncio.wait(awaited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if done or loop.time() >= min(end, math.inf if idle is None else moved() + idle):
            return done
