"""How many environments the local Lambda starts, and how many warm requests a second one function takes.

.venv/bin/python benchmarks/environments.py [ENVIRONMENTS]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from lambdakit.emulator import FunctionConfiguration, LocalFunction

_SOURCE = """
import pathlib, time
def handler(event, context):
    while event and not pathlib.Path("go").exists():
        time.sleep(0.05)
    return context.aws_request_id
"""
_WARM_REQUESTS = 3000
_AT_A_TIME = (1, 2, 4, 8)
_LOOK = 0.05


def _discard(_: str) -> None: ...


async def _start_many(configuration: FunctionConfiguration, count: int) -> str:
    """Hold every invocation until all have begun, so that each needs an environment of its own."""
    begun: list[str] = []

    def log(line: str) -> None:
        if line.startswith("START "):
            begun.append(line)

    started = time.perf_counter()
    async with LocalFunction(configuration, log=log) as function:
        calls = [asyncio.create_task(function.invoke(b"1")) for _ in range(count)]
        await _wait(lambda: len(begun) == count)
        (configuration.task_root / "go").touch()
        outcomes = await asyncio.gather(*calls)
        seconds, environments = time.perf_counter() - started, function.environments
    failed = sum(outcome.failed for outcome in outcomes)
    return f"{environments} environments at a time, {len(outcomes) - failed} answered, {failed} failed: {seconds:.1f} s"


async def _wait(is_over: Callable[[], bool]) -> None:
    while not is_over():  # noqa: ASYNC110 (a count that a callback changes)
        await asyncio.sleep(_LOOK)


async def _send_warm(configuration: FunctionConfiguration, at_a_time: int) -> str:
    async with LocalFunction(configuration, log=_discard) as function:
        await asyncio.gather(*(function.invoke(b"0") for _ in range(at_a_time)))

        async def send() -> None:
            for _ in range(_WARM_REQUESTS // at_a_time):
                await function.invoke(b"0")

        started = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(at_a_time)))
        rate = _WARM_REQUESTS / (time.perf_counter() - started)
        return f"{rate:.0f} warm requests a second, {at_a_time} at a time, {function.environments} environments"


async def _measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text(_SOURCE)
        configuration = FunctionConfiguration(handler="app.handler", task_root=Path(folder), timeout=900)
        for at_a_time in _AT_A_TIME:
            print(await _send_warm(configuration, at_a_time), flush=True)
        print(await _start_many(configuration, count), flush=True)
    # The guard stays for the next environment.
    print(f"{len(psutil.Process().children(recursive=True)) - 1} processes left", flush=True)


if __name__ == "__main__":
    asyncio.run(_measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
