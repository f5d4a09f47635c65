import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from lambdakit.emulator.snapstart import Restored
from lambdakit.errors import EnvironmentFault
from tests.emulator.functions import children, has_ended
from tests.emulator.snapstart.restoring import LIMIT, PAGE, RUNTIMES, Taken, take

COUNTER = """
    import os, secrets
    made_in_init, calls = secrets.token_hex(8), []
    names = "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_STREAM_NAME"
    print("init")
    def handler(event, context):
        calls.append(event)
        print("call", event)
        return [made_in_init, os.getpid(), os.getpgid(0), len(calls), *map(os.environ.get, names)]
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_restored_environments_share_what_init_made_and_nothing_that_came_after(tmp_path: Path, runtime: str) -> None:
    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        first, second = await taken.call(one, "a"), await taken.call(other, "b")
        again = await taken.call(one, "c")
        assert first[0] == second[0] == again[0]
        assert (first[3], second[3], again[3]) == (1, 1, 2)
        assert first[1] == first[2] != second[1] == second[2], "each is a process group of its own"
        assert first[4] != second[4], "and so is its Runtime API"
        assert first[5:] == ["snap-start", None]
        assert taken.log.count("init") == 1
        assert [[line for line in log if line.startswith("call")] for log in taken.logs] == [
            ["call a", "call c"],
            ["call b"],
        ]
        await one.stop("SPINDOWN")
        await other.stop("SPINDOWN")

    take(tmp_path, COUNTER, use, runtime=runtime)


def test_the_numbers_of_the_module_random_are_the_same_in_all(tmp_path: Path) -> None:
    """Python seeds it anew after a fork, which a snapshot does not do."""
    source = """
        import random
        def handler(event, context):
            return random.random()
    """

    async def use(taken: Taken) -> None:
        numbers = {await taken.call(await taken.restore()) for _ in range(3)}
        assert len(numbers) == 1

    take(tmp_path, source, use)


APP = """
    import asyncio, os
    from fastapi import FastAPI
    from lambdakit.asgi import LambdaApp
    app = FastAPI()

    @app.get("/")
    async def root():
        async with asyncio.timeout(10):
            for _ in range(20):
                await asyncio.to_thread(os.getpid)
                await asyncio.sleep(0.001)
        return os.getpid()

    @app.get("/plain")
    def plain():
        return os.getpid()

    handler = LambdaApp(app)
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_event_loop_of_init_serves_each_environment_by_itself(tmp_path: Path, runtime: str) -> None:
    """All at once, so that one which took another's wake-up would leave it waiting."""

    async def use(taken: Taken) -> None:
        restored = [await taken.restore() for _ in range(4)]
        for _ in range(3):
            answers = await asyncio.gather(*(taken.call(each, PAGE) for each in restored))
            assert len({answer["body"] for answer in answers}) == 4
            assert {answer["statusCode"] for answer in answers} == {200}

    take(tmp_path, APP, use, runtime=runtime, memory=512)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_threads_that_waited_for_work_at_the_snapshot_do_not_keep_it_waiting(tmp_path: Path, runtime: str) -> None:
    source = (
        APP
        + f"""
    import concurrent.futures, json
    page = json.loads('''{__import__("json").dumps(PAGE | {"rawPath": "/plain"})}''')
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(os.getpid).result()
    serve = handler
    print("primed", serve(page)["statusCode"], serve({{**page, "rawPath": "/"}})["statusCode"])

    def handler(event, context):
        return [serve(page)["body"], pool.submit(os.getpid).result(10), os.getpid()]
    """
    )

    async def use(taken: Taken) -> None:
        restored = [await taken.restore() for _ in range(2)]
        for answer in await asyncio.gather(*(taken.call(each) for each in restored)):
            assert int(answer[0]) == answer[1] == answer[2]
        assert "primed 200 200" in taken.log
        assert taken.snapshot.warnings == []

    take(tmp_path, source, use, runtime=runtime, memory=512)


def test_what_connects_a_process_with_itself_is_its_own_after_a_restore(tmp_path: Path) -> None:
    source = """
        import os, select
        reader, writer = os.pipe()
        event = os.eventfd(0)
        selector = select.epoll()
        selector.register(reader, select.EPOLLIN)
        selector.register(event, select.EPOLLIN)
        def handler(text, context):
            before = selector.poll(0)
            if text:
                os.write(writer, text.encode())
                os.eventfd_write(event, len(text))
            found = sorted(number for number, _ in selector.poll(0))
            return [before, found == sorted([reader, event]), os.read(reader, 99).decode() if text else ""]
    """

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        assert await taken.call(one, "one") == [[], True, "one"]
        assert await taken.call(other, "") == [[], False, ""]
        assert await taken.call(other, "other") == [[], True, "other"]

    take(tmp_path, source, use)


def test_a_restored_environment_that_ends_tells_its_exit_code_and_leaves_the_others(tmp_path: Path) -> None:
    source = """
        import os
        def handler(event, context):
            if event:
                os._exit(event)
            return os.getpid()
    """

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        with pytest.raises(AssertionError, match="exit_code=7"):
            await taken.call(one, 7)
        await one.stop("FAILURE")
        number = await taken.call(other)
        os.kill(number, signal.SIGKILL)
        with pytest.raises(AssertionError, match="exit_code=-9"):
            await taken.call(other)
        assert await taken.call(await taken.restore()) != number

    take(tmp_path, source, use)


async def reach_stop(*numbers: int) -> None:
    """Wait until processes stand still: one that has not run since the signal counts as running."""
    async with asyncio.timeout(LIMIT):
        for number in numbers:
            while psutil.Process(number).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 (the kernel's state)
                await asyncio.sleep(0.01)


FAMILY = """
    import os, subprocess, sys
    def handler(event, context):
        start = [sys.executable, "-c", "import time; time.sleep(600)"]
        stray = subprocess.Popen(start, start_new_session=True)
        return [os.getpid(), subprocess.Popen(start).pid, stray.pid]
"""


def test_the_end_of_one_environment_ends_its_processes_and_no_other_ones(tmp_path: Path) -> None:
    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        ended, living = await taken.call(one), await taken.call(other)
        other.freeze()
        await one.stop("SPINDOWN")
        assert await asyncio.to_thread(lambda: all(map(has_ended, ended)))
        await reach_stop(*living)
        assert await taken.call(other), "it is thawed, and with it what it started"
        assert taken.snapshot.is_usable

    take(tmp_path, FAMILY, use)


def test_nothing_is_left_when_the_snapshot_is_given_up(tmp_path: Path) -> None:
    numbers: list[int] = []

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        numbers.extend([*await taken.call(one), *await taken.call(other)])
        other.freeze()
        await taken.begin()

    before = children()
    take(tmp_path, FAMILY, use)
    assert all(map(has_ended, numbers))
    assert [child for child in children() if child not in before] == []


EMULATOR = """
import asyncio, pathlib, sys
from tests.emulator.snapstart.restoring import Taken, take

async def use(taken):
    restored = [await taken.restore() for _ in range(4)]
    numbers = [number for each in restored for number in await taken.call(each)]
    restored[0].freeze()
    print(*numbers, flush=True)
    await asyncio.sleep(600)

take(pathlib.Path(sys.argv[1]), sys.argv[2], use)
"""


def test_no_restored_process_outlives_an_emulator_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(EMULATOR), str(tmp_path), FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        numbers = [int(number) for number in emulator.stdout.readline().split()]
        assert len(numbers) == 12
        below = psutil.Process(emulator.pid).children(recursive=True)
        emulator.kill()
    assert all(map(has_ended, numbers))
    assert all(has_ended(each.pid) for each in below if "guard_process" not in str(each))


FORKING = f"""
    import os, time
    if os.fork() == 0:
        time.sleep(600)
    {FAMILY}
"""


@pytest.mark.parametrize("source", [FAMILY, FORKING])
def test_a_holder_that_is_killed_takes_the_restored_ones_along_and_gives_no_more(tmp_path: Path, source: str) -> None:
    async def use(taken: Taken) -> None:
        restored = await taken.restore()
        number = (await taken.call(restored))[0]
        holder = psutil.Process(number).ppid()
        os.kill(holder, signal.SIGKILL)
        assert (await restored.finish_restore(LIMIT)).cause == "ready"
        with pytest.raises(AssertionError, match="exit_code=-9"):
            await taken.call(restored)
        assert await asyncio.to_thread(has_ended, number)
        with pytest.raises(EnvironmentFault, match="the process that holds the snapshot has ended"):
            await taken.restore()

    take(tmp_path, source, use)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8])
def test_a_restore_that_is_cancelled_leaves_no_process(tmp_path: Path, steps: int) -> None:
    async def use(taken: Taken) -> None:
        await taken.restore()
        before = children()
        beginning = asyncio.create_task(taken.begin())
        for _ in range(steps):
            await asyncio.sleep(0)
        beginning.cancel()
        if (await asyncio.wait({beginning}))[0] and not beginning.cancelled():
            await beginning.result().stop("SPINDOWN")
        await taken.restore()
        assert len([child for child in children() if child not in before]) == 1

    take(tmp_path, FAMILY, use)


def test_between_snapshot_and_restore_nothing_of_the_function_runs(tmp_path: Path) -> None:
    source = """
        import os, threading, time
        ticks = [0]
        def tick():
            while True:
                ticks[0] += 1
                time.sleep(0.001)
        threading.Thread(target=tick, daemon=True).start()
        def handler(event, context):
            return [ticks[0], os.getppid()]
    """

    async def use(taken: Taken) -> None:
        first, holder = await taken.call(await taken.restore())
        await reach_stop(holder)
        await asyncio.sleep(1.5)
        second, _ = await taken.call(await taken.restore())
        assert second - first < 500, "the thread of init had time for three times as many"

    take(tmp_path, source, use)


def test_the_process_that_holds_the_snapshot_stands_still_again_after_many_ends_at_once(tmp_path: Path) -> None:
    source = """
        import os
        def handler(event, context):
            if event:
                os._exit(event)
            return os.getppid()
    """

    async def use(taken: Taken) -> None:
        restored = [await taken.restore() for _ in range(8)]
        holder = await taken.call(restored[0])

        async def crash(each: Restored) -> None:
            with pytest.raises(AssertionError, match="exit_code=5"):
                await taken.call(each, 5)

        await asyncio.gather(*map(crash, restored), *(taken.restore() for _ in range(4)))
        await reach_stop(holder)
        assert await taken.call(await taken.restore()) == holder

    take(tmp_path, source, use)
