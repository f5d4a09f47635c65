import asyncio
import time
from pathlib import Path

import psutil

from lambdakit.emulator import Environment, FunctionConfiguration
from tests.emulator.functions import ANY, configure

TICKING = """
    import os, threading, time
    ticks = []
    def tick():
        while True:
            ticks.append(time.monotonic())
            time.sleep(0.01)
    threading.Thread(target=tick, daemon=True).start()
    def handler(event, context):
        print("process", os.getpid())
        time.sleep(0.1)
        return max(after - before for before, after in zip(ticks, ticks[1:]))
"""


def is_stopped(process_id: int) -> bool:
    """Say whether a process stands still within ten seconds: a signal reaches each of its threads by itself."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if psutil.Process(process_id).status() == psutil.STATUS_STOPPED:
            return True
        time.sleep(0.01)
    return False


def longest_stillness(configuration: FunctionConfiguration) -> float:
    """Return how long the function stood still between two invocations that were half a second apart."""
    log: list[str] = []

    async def call() -> float:
        async with Environment(configuration, log=log.append) as environment:
            await environment.invoke(ANY)
            [process] = {int(line.split()[1]) for line in log if line.startswith("process")}
            if configuration.is_frozen:
                assert await asyncio.to_thread(is_stopped, process)
            await environment.pause(0.5)
            return float((await environment.invoke(ANY)).payload)

    return asyncio.run(call())


def test_an_environment_stands_still_between_invocations(tmp_path: Path) -> None:
    assert longest_stillness(configure(tmp_path, TICKING)) > 0.45


def test_an_environment_that_is_not_to_be_frozen_goes_on(tmp_path: Path) -> None:
    source = """
        import threading
        ticks = []
        def tick():
            ticks.append(0)
            threading.Timer(0.01, tick).start()
        tick()
        def handler(event, context):
            return len(ticks)
    """

    async def call() -> list[int]:
        async with Environment(configure(tmp_path, source, is_frozen=False), log=print) as environment:
            first = int((await environment.invoke(ANY)).payload)
            await environment.pause(1)
            return [first, int((await environment.invoke(ANY)).payload)]

    first, second = asyncio.run(call())
    assert second > first + 5


def test_a_frozen_environment_ends_at_once(tmp_path: Path) -> None:
    async def call() -> float:
        async with Environment(configure(tmp_path, TICKING), log=print) as environment:
            await environment.invoke(ANY)
            began = time.monotonic()
        return time.monotonic() - began

    assert asyncio.run(call()) < 5


def test_two_hundred_thaws_lose_no_invocation(tmp_path: Path) -> None:
    async def call() -> list[bytes]:
        source = "handler = lambda event, context: event"
        async with Environment(configure(tmp_path, source), log=lambda _: None) as environment:
            return [(await environment.invoke(b"%d" % number)).payload for number in range(200)]

    assert asyncio.run(call()) == [b"%d" % number for number in range(200)]
