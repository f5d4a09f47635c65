"""mangum and lambdakit behind one door, so that a test can give both the same app and the same event."""

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import mangum

from lambdakit.mangum import Mangum
from tests.asgi.apps import serving

Serving = Callable[..., AbstractContextManager[Callable[[Any, Any], Any]]]
"""Takes an app and options, and holds a handler open."""


@contextmanager
def serving_with_mangum(*arguments: Any, **options: Any) -> Generator[Callable[[Any, Any], Any]]:
    """Yield a handler of mangum, which takes the current event loop, on a loop that is closed again."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield mangum.Mangum(*arguments, **options)
    finally:
        leftovers = asyncio.all_tasks(loop)
        for task in leftovers:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*leftovers, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()


@contextmanager
def serving_with_door(*arguments: Any, **options: Any) -> Generator[Mangum]:
    """Yield a handler of what takes mangum's place."""
    handler = Mangum(*arguments, **options)
    try:
        yield handler
    finally:
        handler.close()


serving_with_lambdakit: Serving = serving
DOORS: dict[str, Serving] = {"mangum": serving_with_mangum, "lambdakit": serving_with_door}
_ADAPTERS: dict[str, Serving] = {"mangum": serving_with_mangum, "lambdakit": serving_with_lambdakit}


def by_adapter(observe: Callable[[Serving], Any]) -> dict[str, Any]:
    """Return what an observation gives with each adapter; an error that escapes stands as its class."""
    return dict(_observations(observe))


def _observations(observe: Callable[[Serving], Any]) -> Iterator[tuple[str, Any]]:
    for name, adapter in _ADAPTERS.items():
        try:
            yield name, observe(adapter)
        except Exception as error:  # noqa: BLE001 (which errors escape is what the tests compare)
            yield name, type(error)
