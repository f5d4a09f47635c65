"""How long a loop takes that computes for half a second, by memory size.

.venv/bin/python benchmarks/cpu_share.py
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.limits.cpu_share import FULL_PROCESSOR_MB, limit_cpu
from lambdakit.emulator.processes.control_group import ControlGroup, Place, find_places
from lambdakit.emulator.processes.process import start_process

_SECONDS = 0.5
_SIZES = (128, 512, 1024, 1769)
_MARK = "BENCHMARK_OF_CPU_SHARE"
_PROGRAM = "while True: pass"


async def _measure(memory: int, places: Sequence[Place]) -> float:
    configuration = FunctionConfiguration(handler="app.handler", task_root=Path.cwd(), memory=memory)
    group = ControlGroup(places, wanted=["cpu"])
    output = os.open(os.devnull, os.O_WRONLY)
    command = group.enter([sys.executable, "-c", _PROGRAM])
    processes = await start_process(
        command, variables={_MARK: str(memory)}, mark=_MARK, folder=Path("/"), output=output
    )
    try:
        # The start of the interpreter is not what is measured.
        await _wait(processes.id, 0.2)
        with limit_cpu(processes, group, configuration)():
            before, began = _used(processes.id), time.perf_counter()
            await _wait(processes.id, before + _SECONDS)
            return (time.perf_counter() - began) * _SECONDS / (_used(processes.id) - before)
    finally:
        processes.kill()
        await processes.exited
        group.close()
        os.close(output)


async def _wait(process_id: int, seconds: float) -> None:
    while _used(process_id) < seconds:  # noqa: ASYNC110 (a clock of another process)
        await asyncio.sleep(0.002)


def _used(process_id: int) -> float:
    times = psutil.Process(process_id).cpu_times()
    return times.user + times.system


async def _main() -> None:
    ways = {"kernel": find_places(), "stops": []}
    for memory in _SIZES:
        expected = _SECONDS * max(FULL_PROCESSOR_MB / memory, 1)
        measured = [f"{name} {await _measure(memory, places):.2f} s" for name, places in ways.items()]
        print(f"{memory} MB: expected {expected:.2f} s, {', '.join(measured)}", flush=True)
    print("kernel can limit" if any("cpu" in place.controllers for place in find_places()) else "no control groups")


if __name__ == "__main__":
    asyncio.run(_main())
