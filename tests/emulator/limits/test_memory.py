import asyncio
import json
import sys
from pathlib import Path

import pytest

from lambdakit.emulator.limits.memory import MemoryWatch
from lambdakit.emulator.processes.control_group import find_places
from tests.emulator.functions import configure, invoke

TAKING = """
    import os, time
    taken = []
    def handler(event, context):
        taken.append(b"x" * event * 1024 * 1024)
        time.sleep(0.5)
        return "fits"
"""


def test_a_function_that_takes_too_much_memory_is_killed(tmp_path: Path) -> None:
    run = invoke(configure(tmp_path, TAKING, timeout=60), b"20", b"300", b"20")
    fits, too_much, afterwards = run.outcomes
    request_id = too_much.report.request_id
    assert (fits.payload, afterwards.payload) == (b'"fits"', b'"fits"')
    assert json.loads(too_much.payload) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }
    assert (too_much.report.status, too_much.report.error_type) == ("error", "Runtime.OutOfMemory")
    assert too_much.report.duration_ms < 30_000
    assert afterwards.report.is_cold


def test_memory_that_children_share_is_counted_once(tmp_path: Path) -> None:
    source = """
        import os, time
        taken = b"x" * 60 * 1024 * 1024
        def handler(event, context):
            children = []
            for _ in range(3):
                child = os.fork()
                if child == 0:
                    time.sleep(1)
                    os._exit(0)
                children.append(child)
            return [os.waitpid(child, 0)[1] for child in children]
    """
    [outcome] = invoke(configure(tmp_path, source, timeout=60, memory=160)).outcomes
    assert outcome.payload == b"[0, 0, 0]"


def test_a_function_without_a_limit_may_take_more(tmp_path: Path) -> None:
    [outcome] = invoke(configure(tmp_path, TAKING, timeout=60, limits_memory=False), b"300").outcomes
    assert outcome.payload == b'"fits"'
    assert outcome.report.max_memory_used_mb > 300


HAS_KERNEL_LIMIT = any("memory" in place.controllers for place in find_places())


@pytest.mark.skipif(not HAS_KERNEL_LIMIT, reason="no control group of this machine is ours to use")
def test_the_kernel_stops_even_a_moment_of_too_much_memory(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            return len(b"x" * event * 1024 * 1024)
    """
    run = invoke(configure(tmp_path, source, timeout=60, memory=128), b"50", b"300", b"50")
    assert [outcome.error_type for outcome in run.outcomes] == [None, "Runtime.OutOfMemory", None]


def test_a_child_that_takes_too_much_ends_the_function(tmp_path: Path) -> None:
    source = """
        import subprocess, sys, time
        def handler(event, context):
            take = "import time; block = b'x' * 300 * 1024 * 1024; time.sleep(60)"
            subprocess.run([sys.executable, "-c", take])
            time.sleep(60)
    """
    [outcome] = invoke(configure(tmp_path, source, timeout=50)).outcomes
    assert outcome.error_type == "Runtime.OutOfMemory"


def test_the_watch_says_once_that_processes_take_more_than_they_may(tmp_path: Path) -> None:
    program = "import time; block = b'x' * 60 * 1024 * 1024; time.sleep(60)"

    async def look() -> int:
        exceeded = 0
        noticed = asyncio.Event()

        def exceed() -> None:
            nonlocal exceeded
            exceeded += 1
            noticed.set()

        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
        try:
            watch = MemoryWatch(process.pid, limit_mb=50, exceed=exceed)
            async with asyncio.timeout(30), watch.sample():
                await noticed.wait()
                await asyncio.sleep(0.3)
            assert watch.is_exceeded
            assert watch.peak_mb > 60
        finally:
            process.kill()
            await process.wait()
        return exceeded

    assert asyncio.run(look()) == 1
