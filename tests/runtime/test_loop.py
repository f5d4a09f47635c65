import asyncio
import contextvars
import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

import anyio.to_thread
import pytest

from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.runtime.loop import MainLoop, hosted_loop
from tests.asgi.apps import answered_lifespan, answering, send, serving

user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")


@contextmanager
def main_loop() -> Generator[MainLoop]:
    loop = MainLoop()
    try:
        yield loop
    finally:
        loop.close()


@pytest.mark.requirement("isolation")
def test_a_context_variable_of_one_invocation_is_not_visible_in_the_next() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if await answered_lifespan(scope, receive, send):
            return
        seen.append(user.get())
        user.set("alice")
        await answering(b"")(scope, receive, send)

    with serving(app) as handler:
        send(handler)
        send(handler)

    assert seen == ["nobody", "nobody"]
    assert user.get() == "nobody"


def test_a_context_variable_that_the_caller_set_is_visible() -> None:
    seen: list[str] = []

    async def look() -> None:
        seen.append(user.get())

    def call(loop: MainLoop) -> None:
        user.set("decorator")
        loop.run(look())

    with main_loop() as loop:
        contextvars.copy_context().run(call, loop)

    assert seen == ["decorator"]


@pytest.mark.requirement("loop-kept")
@pytest.mark.parametrize("is_sync", [True, False])
def test_a_warm_invocation_starts_no_thread(is_sync: bool) -> None:
    threads: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if await answered_lifespan(scope, receive, send):
            return
        if is_sync:
            threads.append(await anyio.to_thread.run_sync(threading.get_ident))
        await answering(b"")(scope, receive, send)

    with serving(app) as handler:
        send(handler)
        before = {thread.ident for thread in threading.enumerate()}
        for _ in range(50):
            send(handler)
        after = {thread.ident for thread in threading.enumerate()}

    assert after <= before
    assert len(set(threads)) == (1 if is_sync else 0)


@pytest.mark.requirement("loop-kept")
def test_every_piece_of_work_runs_on_the_same_loop_in_a_task_of_its_own() -> None:
    async def look() -> tuple[asyncio.AbstractEventLoop, asyncio.Task[object] | None]:
        return asyncio.get_running_loop(), asyncio.current_task()

    with main_loop() as loop:
        first, second = loop.run(look()), loop.run(look())

    assert first[0] is second[0]
    assert first[1] is not second[1]


def test_work_left_behind_goes_on_when_the_loop_runs_again_and_ends_nobody_elses_turn() -> None:
    steps: list[str] = []

    async def leave_behind(gate: asyncio.Event) -> None:
        try:
            await asyncio.shield(gate.wait())
        except asyncio.CancelledError:
            await asyncio.shield(gate.wait())
        steps.append("left-behind work ended")

    async def open_gate(gate: asyncio.Event) -> str:
        gate.set()
        for _ in range(5):
            await asyncio.sleep(0)
        steps.append("own work ended")
        return "whole"

    async def make_gate() -> asyncio.Event:
        return asyncio.Event()

    with main_loop() as loop:
        gate = loop.run(make_gate())
        with pytest.raises(TimeoutError):
            loop.run(leave_behind(gate), seconds=0.01)
        assert loop.run(open_gate(gate)) == "whole"

    assert steps == ["left-behind work ended", "own work ended"]


def test_a_late_end_of_one_deadline_does_not_shorten_the_next() -> None:
    async def wait(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "rested"

    with main_loop() as loop:
        with pytest.raises(TimeoutError):
            loop.run(wait(30), seconds=0.01)
        assert loop.run(wait(0.05), seconds=0.5) == "rested"
        assert loop.run(wait(0.02), seconds=0.3) == "rested"
        assert loop.run(wait(0.6), seconds=30) == "rested"


def test_a_deadline_that_was_kept_means_nothing_to_work_without_one() -> None:
    async def wait(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "rested"

    with main_loop() as loop:
        assert loop.run(wait(0), seconds=0.02) == "rested"
        assert loop.run(wait(0.05)) == "rested"


def test_work_that_finishes_although_it_was_cancelled_keeps_its_result() -> None:
    async def persist() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return "saved"
        return "never"

    with main_loop() as loop:
        assert loop.run(persist(), seconds=0.01) == "saved"


def test_work_that_stops_the_loop_itself_is_run_to_its_end_all_the_same() -> None:
    async def stop() -> str:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0)
        return "whole"

    with main_loop() as loop:
        assert loop.run(stop()) == "whole"


def test_a_handler_called_inside_a_running_loop_is_refused_and_the_request_forgotten() -> None:
    served: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        served.append(scope["path"])
        await answering(b"")(scope, receive, send)

    with serving(app, lifespan="off") as handler:
        send(handler, "/warm")

        async def call_inside() -> None:
            send(handler, "/inside")

        with pytest.raises(RuntimeError, match="another loop is running"):
            asyncio.run(call_inside())
        send(handler, "/after")

    assert served == ["/warm", "/after"]


def test_an_exit_ends_the_run_and_is_not_reported_again(caplog: pytest.LogCaptureFixture) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    with main_loop() as loop, pytest.raises(SystemExit):
        loop.run(leave())
    gc.collect()

    assert caplog.text == ""


def test_without_our_runtime_there_is_no_loop_to_share() -> None:
    assert hosted_loop() is None
