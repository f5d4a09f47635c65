import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from lambdakit.emulator import Environment
from tests.emulator.functions import ANY, children, configure, has_ended, invoke

SLEEPER = """
    import os, subprocess, sys, time
    def handler(event, context):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("running", os.getpid(), child.pid)
        time.sleep(600 if event == "sleep" else 0)
        return "awake"
"""


def find_running(log: list[str]) -> list[int]:
    return [int(number) for line in log if line.startswith("running") for number in line.split()[1:]]


def test_a_cancelled_call_kills_the_function_and_the_next_starts_afresh(tmp_path: Path) -> None:
    async def call_and_cancel() -> bytes:
        running: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

        def log(record: str) -> None:
            if record.startswith("running") and not running.done():
                running.set_result(find_running([record]))

        async with Environment(configure(tmp_path, SLEEPER, timeout=60), log=log) as environment:
            call = asyncio.create_task(environment.invoke(b'"sleep"'))
            sleeping = await asyncio.wait_for(running, timeout=10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            # In a thread: the event loop has to run to collect the dead process.
            assert await asyncio.to_thread(lambda: all(map(has_ended, sleeping)))
            return (await environment.invoke(ANY)).payload

    assert asyncio.run(call_and_cancel()) == b'"awake"'


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21])
def test_a_call_that_is_cancelled_while_it_starts_leaves_no_process(tmp_path: Path, steps: int) -> None:
    """At some early turn of the event loop: before the process starts, while it does, just after."""

    async def call_and_cancel() -> None:
        async with Environment(configure(tmp_path, SLEEPER), log=print) as environment:
            call = asyncio.create_task(environment.invoke(ANY))
            for _ in range(steps):
                await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    before = children()
    asyncio.run(call_and_cancel())
    assert [child for child in children() if child not in before] == []


def test_leaving_during_a_call_ends_the_call(tmp_path: Path) -> None:
    async def call_and_leave() -> str | None:
        running = asyncio.Event()

        def log(record: str) -> None:
            if record.startswith("running"):
                running.set()

        async with Environment(configure(tmp_path, SLEEPER, timeout=60), log=log) as environment:
            call = asyncio.create_task(environment.invoke(b'"sleep"'))
            await asyncio.wait_for(running.wait(), timeout=10)
        return (await asyncio.wait_for(call, timeout=10)).error_type

    assert asyncio.run(call_and_leave()) == "Runtime.ExitError"


def test_an_environment_that_is_left_by_an_error_kills_the_function(tmp_path: Path) -> None:
    log: list[str] = []

    async def leave() -> None:
        async with Environment(configure(tmp_path, SLEEPER), log=log.append) as environment:
            await environment.invoke(ANY)
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(leave())
    assert find_running(log)
    assert all(map(has_ended, find_running(log)))


def test_an_environment_that_never_runs_leaves_nothing(tmp_path: Path) -> None:
    async def enter_and_leave() -> None:
        async with Environment(configure(tmp_path, SLEEPER), log=print):
            pass

    before = children()
    asyncio.run(enter_and_leave())
    assert children() == before


def test_a_process_that_is_killed_from_outside_between_calls_is_replaced(tmp_path: Path) -> None:
    log: list[str] = []

    async def call_kill_call() -> list[str | None]:
        async with Environment(configure(tmp_path, SLEEPER), log=log.append) as environment:
            first = await environment.invoke(ANY)
            runtime = find_running(log)[0]
            os.kill(runtime, signal.SIGKILL)
            assert await asyncio.to_thread(has_ended, runtime)
            # Whether the death was noticed before the call or by it, the call after that finds a new process.
            await environment.invoke(ANY)
            last = await environment.invoke(ANY)
            return [first.error_type, last.error_type]

    assert asyncio.run(call_kill_call()) == [None, None]


def test_the_scratch_folder_survives_a_crash_and_goes_with_the_environment(tmp_path: Path) -> None:
    source = """
        import os, pathlib, tempfile
        kept = pathlib.Path(tempfile.gettempdir(), "kept")
        def handler(event, context):
            kept.write_text((kept.read_text() if kept.exists() else "") + "x")
            if event == "crash":
                os._exit(1)
            return [kept.read_text(), str(kept)]
    """
    configuration = configure(tmp_path, source)
    run = invoke(configuration, b"0", b'"crash"', b"0")
    assert run.outcomes[1].error_type == "Runtime.ExitError"
    assert [run.results()[index][0] for index in (0, 2)] == ["x", "xxx"]
    assert not Path(run.results()[0][1]).exists()
    assert invoke(configuration, b"0").results()[0][0] == "x", "another environment has its own"


def test_two_environments_run_side_by_side(tmp_path: Path) -> None:
    source = """
        import os
        names = "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API"
        handler = lambda event, context: [os.environ[name] for name in names]
    """
    configuration = configure(tmp_path, source)

    async def call_both() -> list[list[str]]:
        async with Environment(configuration, log=print) as one, Environment(configuration, log=print) as other:
            outcomes = await asyncio.gather(one.invoke(ANY), other.invoke(ANY))
            return [json.loads(outcome.payload) for outcome in outcomes]

    (stream, address), (other_stream, other_address) = asyncio.run(call_both())
    assert stream != other_stream
    assert address != other_address
