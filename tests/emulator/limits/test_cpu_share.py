import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from lambdakit.emulator.limits.cpu_share import FULL_PROCESSOR_MB, CpuThrottle
from lambdakit.emulator.processes.process import ProcessGroup, start_process
from tests.emulator.functions import configure, has_ended, invoke

BURN = "while True: pass"
FAMILY = f"import os, threading\nos.fork()\nthreading.Thread(target=lambda: exec({BURN!r})).start()\n{BURN}"
WAIT = "import time; time.sleep(600)"
BURNING = """
    import time
    def burn(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
    def handler(event, context):
        began = time.perf_counter()
        burn(event)
        return time.perf_counter() - began
"""


@asynccontextmanager
async def start(program: str) -> AsyncGenerator[ProcessGroup]:
    mark = "THE_MARK"
    null = os.open(os.devnull, os.O_WRONLY)
    processes = await start_process(
        # No other family may have its mark, as all that share one are killed together.
        [sys.executable, "-c", program],
        variables={mark: uuid.uuid4().hex},
        mark=mark,
        folder=Path("/"),
        output=null,
    )
    try:
        yield processes
    finally:
        processes.kill()
        os.close(null)
        await asyncio.wait({processes.exited}, timeout=10)


def used(processes: ProcessGroup) -> float:
    process = psutil.Process(processes.id)
    members = [process, *process.children(recursive=True)]
    return sum(times.user + times.system for times in (member.cpu_times() for member in members))


async def has_begun(processes: ProcessGroup) -> None:
    """Wait until a program that computes is beyond the start of its interpreter."""
    async with asyncio.timeout(30):
        while used(processes) < 0.5:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def is_held(processes: ProcessGroup) -> None:
    async with asyncio.timeout(10):
        while not processes.is_held:  # noqa: ASYNC110 (a flag that a timer sets)
            await asyncio.sleep(0.001)


def hold(program: str, act: Callable[[ProcessGroup], Awaitable[None]]) -> None:
    """Do something to processes at a moment at which they are held."""

    async def run() -> None:
        async with start(program) as processes:
            await has_begun(processes)
            with CpuThrottle(processes, 0.05).limit():
                await is_held(processes)
                await act(processes)

    asyncio.run(run())


def is_stopped(process_id: int, *, wanted: bool) -> bool:
    deadline = time.monotonic() + 10
    while (psutil.Process(process_id).status() == psutil.STATUS_STOPPED) != wanted:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def test_a_function_that_computes_takes_as_much_longer_as_its_memory_is_smaller(tmp_path: Path) -> None:
    share = 512 / FULL_PROCESSOR_MB
    seconds = float(invoke(configure(tmp_path, BURNING, memory=512, timeout=60), b"0.5").outcomes[0].payload)
    # A busy machine makes it longer, and lets the last of it pass while the emulator waits for its turn.
    assert 0.7 * 0.5 / share < seconds < 10 * 0.5 / share


def test_init_is_not_slowed_down(tmp_path: Path) -> None:
    [outcome] = invoke(configure(tmp_path, BURNING + "    burn(0.5)", memory=128, timeout=60), b"0").outcomes
    assert outcome.report.init_duration_ms is not None
    assert outcome.report.init_duration_ms < 1000 * 0.5 * FULL_PROCESSOR_MB / 128


@pytest.mark.parametrize("settings", [{"shares_cpu": False}, {"debug_port": None, "max_concurrency": 2}])
def test_the_share_can_be_switched_off_and_managed_instances_have_none(
    tmp_path: Path, settings: dict[str, int | None]
) -> None:
    configuration = configure(tmp_path, BURNING, memory=128, timeout=60, **settings)
    assert float(invoke(configuration, b"0.3").outcomes[0].payload) < 0.3 * FULL_PROCESSOR_MB / 128


@pytest.mark.parametrize("share", [0.05, 0.15])
@pytest.mark.parametrize("program", [BURN, FAMILY])
def test_the_throttle_leaves_processes_their_share_whatever_threads_and_children_they_have(
    program: str, share: float
) -> None:
    async def measure() -> float:
        async with start(program) as processes:
            await has_begun(processes)
            with CpuThrottle(processes, share).limit():
                await is_held(processes)
                began, before = time.perf_counter(), used(processes)
                await asyncio.sleep(1.5)
                return (used(processes) - before) / (time.perf_counter() - began)

    # The clocks of other processes count in steps of 10 ms.
    assert asyncio.run(measure()) < share + 0.1


def test_processes_that_wait_are_never_held() -> None:
    async def watch() -> list[bool]:
        async with start(WAIT) as processes:
            # Its own start takes time of the processor.
            async with asyncio.timeout(10):
                while psutil.Process(processes.id).status() != psutil.STATUS_SLEEPING:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            with CpuThrottle(processes, 0.05).limit():
                seen: list[bool] = []
                for _ in range(100):
                    await asyncio.sleep(0.003)
                    seen.append(processes.is_held)
                return seen

    assert not any(asyncio.run(watch()))


def test_held_processes_go_on_when_the_invocation_is_over() -> None:
    async def run() -> None:
        async with start(BURN) as processes:
            with CpuThrottle(processes, 0.05).limit():
                await is_held(processes)
            assert not processes.is_held
            assert await asyncio.to_thread(is_stopped, processes.id, wanted=False)

    asyncio.run(run())


def test_held_processes_can_be_killed() -> None:
    async def kill(processes: ProcessGroup) -> None:
        processes.kill()
        await asyncio.wait_for(processes.exited, timeout=10)

    hold(BURN, kill)


def test_held_processes_can_be_asked_to_end() -> None:
    ends = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nwhile True: pass"

    async def terminate(processes: ProcessGroup) -> None:
        await processes.terminate(10)
        assert await processes.exited == 7

    hold(ends, terminate)


def test_held_processes_stay_frozen_until_they_are_thawed() -> None:
    async def freeze(processes: ProcessGroup) -> None:
        processes.freeze()
        processes.release()
        assert await asyncio.to_thread(is_stopped, processes.id, wanted=True)
        processes.hold()
        assert not processes.is_held
        processes.thaw()
        assert await asyncio.to_thread(is_stopped, processes.id, wanted=False)

    hold(BURN, freeze)


def test_a_throttled_function_that_ends_by_itself_is_no_error() -> None:
    async def end(processes: ProcessGroup) -> None:
        os.kill(processes.id, signal.SIGKILL)
        assert await asyncio.to_thread(has_ended, processes.id)

    hold(BURN, end)
