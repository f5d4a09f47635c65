import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lambdakit.asgi.types import App, Receive, Scope, Send
from tests.asgi.apps import answering, send, serving


def starting(work: Callable[[], Awaitable[object]]) -> App:
    """Return an app that starts work in a task and answers."""
    tasks: list[asyncio.Task[object]] = []

    async def remind() -> None:
        await work()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if work is not nothing:
            tasks.append(asyncio.create_task(remind()))
        # Work that needs no time ends before the response.
        await asyncio.sleep(0)
        await answering(b"served")(scope, receive, send)

    return app


async def nothing() -> None: ...


async def no_time() -> None: ...


async def long_work() -> None:
    await asyncio.sleep(600)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "left tasks behind" in record.getMessage()]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_task_that_outlives_its_request_is_warned_of_once(caplog: pytest.LogCaptureFixture, count: int) -> None:
    with serving(starting(long_work), lifespan="off") as handler:
        for _ in range(count):
            assert send(handler).status == 200

    [warning] = warnings(caplog)
    assert "(starting.<locals>.remind)" in warning
    assert "BackgroundTask" in warning


@pytest.mark.parametrize("work", [nothing, no_time])
def test_a_request_that_leaves_nothing_behind_is_not_warned_of(
    caplog: pytest.LogCaptureFixture, work: Callable[[], Awaitable[object]]
) -> None:
    with serving(starting(work), lifespan="off") as handler:
        for _ in range(9):
            send(handler)

    assert warnings(caplog) == []


def test_tasks_of_the_startup_are_not_the_requests_own(caplog: pytest.LogCaptureFixture) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answering(b"served")(scope, receive, send)
            return
        await receive()
        tasks.append(asyncio.create_task(long_work()))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    with serving(app, lifespan="on") as handler:
        send(handler)

    assert tasks
    assert warnings(caplog) == []


def test_a_task_that_comes_late_is_found_by_a_later_look(caplog: pytest.LogCaptureFixture) -> None:
    requests = 0
    quiet, busy = starting(nothing), starting(long_work)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal requests
        requests += 1
        await (busy if requests > 20 else quiet)(scope, receive, send)

    with serving(app, lifespan="off") as handler:
        for _ in range(32):
            send(handler)

    assert len(warnings(caplog)) == 1
