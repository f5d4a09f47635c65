import asyncio
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from lambdakit.emulator.processes.process import ProcessGroup, start_process

MARK = "AWS_LAMBDA_LOG_STREAM_NAME"
LIMIT = 20
# A child in the group, a daemon outside of it whose parent is gone, and a command that goes on after both.
FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(sleep)
# Its output must not be the pipe that the command reads the number from.
starter = (
    "import subprocess, sys; quiet = subprocess.DEVNULL;"
    "print(subprocess.Popen(sys.argv[1:], start_new_session=True, stdout=quiet, stderr=quiet).pid)"
)
daemon = int(subprocess.run([sys.executable, "-c", starter, *sleep], capture_output=True, check=True).stdout)
print(os.getpid(), child.pid, daemon, flush=True)
time.sleep(600)
"""


def in_state(number: int, *states: str) -> bool:
    try:
        return psutil.Process(number).status() in states
    except psutil.NoSuchProcess:
        return "gone" in states


def reach(numbers: list[int], *states: str, seconds: float = LIMIT) -> bool:
    """Wait until all processes are in one of the states; "gone" is one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(in_state(number, *states) for number in numbers):
            return True
        time.sleep(0.01)
    return False


def have_begun(numbers: list[int]) -> bool:
    """Wait until all processes have their variables, which the kernel gives them a moment after their number."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if all(MARK in psutil.Process(number).environ() for number in numbers):
            return True
        time.sleep(0.01)
    return False


def use_family(
    folder: Path, use: Callable[[ProcessGroup, list[int]], Awaitable[None]], source: str = FAMILY
) -> list[int]:
    """Start the family, give it and its process ids to `use`, kill it, and return the ids."""

    async def start() -> list[int]:
        source_end, output = os.pipe()
        variables = {MARK: f"{folder.name}-{os.getpid()}-{time.monotonic_ns()}"}
        command = [sys.executable, "-c", source]
        group = await start_process(command, variables=variables, mark=MARK, folder=folder, output=output)
        os.close(output)
        try:
            with os.fdopen(source_end) as lines:
                line = await asyncio.wait_for(asyncio.to_thread(lines.readline), LIMIT)
            numbers = [int(number) for number in line.split()]
            assert await asyncio.to_thread(have_begun, numbers)
            await use(group, numbers)
            return numbers
        finally:
            group.kill()
            await asyncio.wait({group.exited}, timeout=LIMIT)

    return asyncio.run(start())


def test_a_frozen_family_stands_still_daemons_included_and_thaws_whole(tmp_path: Path) -> None:
    async def freeze_and_thaw(group: ProcessGroup, numbers: list[int]) -> None:
        for _ in range(3):
            group.freeze()
            assert await asyncio.to_thread(reach, numbers, psutil.STATUS_STOPPED)
            group.thaw()
            assert await asyncio.to_thread(reach, numbers, psutil.STATUS_SLEEPING, psutil.STATUS_RUNNING)

    assert len(use_family(tmp_path, freeze_and_thaw)) == 3


def test_a_frozen_family_can_be_killed(tmp_path: Path) -> None:
    async def freeze(group: ProcessGroup, numbers: list[int]) -> None:
        group.freeze()
        assert await asyncio.to_thread(reach, numbers, psutil.STATUS_STOPPED)

    assert reach(use_family(tmp_path, freeze), "gone", psutil.STATUS_ZOMBIE)


def test_a_command_that_ends_when_asked_ends_by_its_own_code(tmp_path: Path) -> None:
    source = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(os.getpid(), flush=True)
time.sleep(600)
"""

    async def terminate(group: ProcessGroup, _: list[int]) -> None:
        group.freeze()
        await group.terminate(LIMIT)
        assert await group.exited == 7

    use_family(tmp_path, terminate, source)


def test_a_command_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    source = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(600)
"""

    async def terminate(group: ProcessGroup, _: list[int]) -> None:
        await group.terminate(0.1)
        assert await asyncio.wait_for(asyncio.shield(group.exited), LIMIT) == -9

    use_family(tmp_path, terminate, source)


EMULATOR = """
import asyncio, os, pathlib, sys
from lambdakit.emulator.processes.process import start_process

async def start(index):
    source, output = os.pipe()
    variables = {"AWS_LAMBDA_LOG_STREAM_NAME": f"{sys.argv[1]}-{index}"}
    command = [sys.executable, "-c", sys.argv[2]]
    group = await start_process(
        command, variables=variables, mark="AWS_LAMBDA_LOG_STREAM_NAME", folder=pathlib.Path("/"), output=output
    )
    os.close(output)
    line = await asyncio.to_thread(os.fdopen(source).readline)
    if index % 2:
        group.freeze()
    return line.strip()

async def main():
    print(*await asyncio.gather(*map(start, range(20))), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_no_process_outlives_an_emulator_that_is_killed(tmp_path: Path) -> None:
    """Twenty families of three, half of them frozen."""
    command = [sys.executable, "-c", textwrap.dedent(EMULATOR), f"{tmp_path.name}-{time.monotonic_ns()}", FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        numbers = [int(number) for number in emulator.stdout.readline().split()]
        assert len(numbers) == 60
        emulator.kill()
    assert reach(numbers, "gone", psutil.STATUS_ZOMBIE)


def test_a_guard_that_was_killed_is_replaced_and_knows_all_families(tmp_path: Path) -> None:
    source = EMULATOR.replace(
        "    print(*await",
        "    import psutil\n"
        "    await start(20)\n"
        "    [guard] = [p for p in psutil.Process().children() if any('guard_process' in w for w in p.cmdline())]\n"
        "    guard.kill()\n"
        "    guard.wait(20)\n"
        "    print(*await",
    )
    command = [sys.executable, "-c", source, f"{tmp_path.name}-{time.monotonic_ns()}", FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        assert len(emulator.stdout.readline().split()) == 60
        mark = command[3]
        emulator.kill()
    assert reach_nobody(mark)


def reach_nobody(mark: str) -> bool:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if not any(mark in str(process.info["environ"]) for process in psutil.process_iter(["environ"])):
            return True
        time.sleep(0.05)
    return False
