"""Gives a function the share of a processor that its memory buys it on AWS, from the end of init on."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

import psutil

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.processes.control_group import ControlGroup
from lambdakit.emulator.processes.family import list_descendants
from lambdakit.emulator.processes.process import ProcessGroup

FULL_PROCESSOR_MB: Final = 1769
"""MB of memory that bring one processor. Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

_PERIOD = 0.02
_SHORTEST_LOOK, _LONGEST_LOOK = 0.001, 0.025
_IDLE_PART = 0.25

CpuLimit = Callable[[], AbstractContextManager[None]]
"""Makes the context of one invocation, in which the function has its share and no more."""


def limit_cpu(processes: ProcessGroup, group: ControlGroup, configuration: FunctionConfiguration) -> CpuLimit:
    """Return what gives the function its share: the kernel where it can, else a throttle of ours."""
    share = configuration.memory / FULL_PROCESSOR_MB
    if not configuration.is_cpu_shared or share >= (os.cpu_count() or 1):
        return nullcontext
    if "cpu" in group.controllers and _is_accepted(group, share):
        return lambda: _limit_by_kernel(group, share)
    return CpuThrottle(processes, share).limit


def _is_accepted(group: ControlGroup, share: float) -> bool:
    # The kernel refuses more than a group above has.
    try:
        group.limit_cpu(share)
        group.limit_cpu(None)
    except OSError:
        return False
    return True


@contextmanager
def _limit_by_kernel(group: ControlGroup, share: float) -> Generator[None]:
    # Each time: it also gives the invocation a whole period's share to begin with.
    with contextlib.suppress(OSError):
        group.limit_cpu(share)
    yield


class CpuThrottle:
    """Stops a process group for moments when it has used more than its `share` of a processor.

    What counts is the CPU time of the processes, so that one that waits is never stopped. An invocation begins with
    the share of 20 ms in hand; what a look at the clocks comes too late for is made up by a longer stop.
    """

    def __init__(self, processes: ProcessGroup, share: float) -> None:
        self._processes = processes
        self._share = share
        self._most = share * _PERIOD
        self._budget = 0.0
        self._seen = 0.0
        self._used: dict[int, float] = {}
        self._pause = _SHORTEST_LOOK
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def limit(self) -> Generator[None]:
        """Give the processes their share and no more."""
        self._seen, self._used = time.perf_counter(), self._measure()
        self._budget, self._pause = self._most, _SHORTEST_LOOK
        self._look_in(self._time_left())
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._processes.release()

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(seconds, _SHORTEST_LOOK), self._look)

    def _time_left(self) -> float:
        """Return how long the budget lasts at the least, if one thread runs."""
        return self._budget / (1 - self._share) if self._share < 1 else _LONGEST_LOOK

    def _look(self) -> None:
        if self._processes.is_killed:
            return
        passed, spent = self._count()
        self._budget = min(self._budget + passed * self._share - spent, self._most)
        if self._budget < 0:
            self._processes.hold()
            self._timer = asyncio.get_running_loop().call_later((self._most - self._budget) / self._share, self._go_on)
            return
        is_idle = spent < passed * _IDLE_PART
        self._pause = min(self._pause * 1.5, _LONGEST_LOOK) if is_idle else _SHORTEST_LOOK
        self._look_in(max(self._time_left(), self._pause) if is_idle else self._time_left())

    def _go_on(self) -> None:
        passed, spent = self._count()
        self._budget = min(self._budget + passed * self._share - spent, self._most)
        self._processes.release()
        self._look_in(self._time_left())

    def _count(self) -> tuple[float, float]:
        """Return the seconds since the last count, and how many of CPU time were used in them."""
        now, used = time.perf_counter(), self._measure()
        passed, before = now - self._seen, self._used
        self._seen, self._used = now, used
        return passed, sum(max(seconds - before.get(number, 0.0), 0.0) for number, seconds in used.items())

    def _measure(self) -> dict[int, float]:
        members = [self._processes.id, *list_descendants(self._processes.id)]
        # One that left the group is not stopped with it, so it does not count either.
        return {number: _read_clock(number) for number in members if _is_member(number, self._processes.id)}


def _is_member(process_id: int, group: int) -> bool:
    try:
        return os.getpgid(process_id) == group
    except ProcessLookupError:
        return False


def _read_clock(process_id: int) -> float:
    """Return the seconds of CPU time that a process has used, in all its threads.

    Source: https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
    """
    try:
        if sys.platform == "linux":
            return time.clock_gettime((~process_id << 3) | 2)
        times = psutil.Process(process_id).cpu_times()
    except (OSError, psutil.Error):
        return 0.0
    return times.user + times.system
