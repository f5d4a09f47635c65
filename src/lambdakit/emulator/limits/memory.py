import asyncio
import contextlib
import math
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import psutil

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.processes.control_group import ControlGroup
from lambdakit.emulator.processes.family import trace_children
from lambdakit.emulator.processes.process import ProcessGroup

# The first looks come early and often: a process that fails at once leaves nothing to look at.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.1
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


class MemoryWatch:
    """The highest resident memory that a process and its descendants were seen with.

    `exceed` is called when it is seen to be more than `limit_mb`, where what several processes share is counted once,
    or when the kernel has killed one of them in a `group` that limits memory: that ends the others, too. The processes
    `beside` it and their descendants count as well, and what a process that `is_restored` shares with the one that
    holds the snapshot counts as its own.
    """

    def __init__(
        self,
        process_id: int,
        *,
        limit_mb: int | None = None,
        group: ControlGroup | None = None,
        beside: Sequence[int] = (),
        exceed: Callable[[], None] | None = None,
        is_restored: bool = False,
    ) -> None:
        self._is_restored = is_restored
        self._is_exceeded = False
        self._group = group
        self._limit = None if limit_mb is None else limit_mb * 1024 * 1024
        self._exceed = exceed
        self._process_id = process_id
        self._beside = beside
        self._status = Path(f"/proc/{process_id}/status")
        self._peak = 0

    @property
    def is_exceeded(self) -> bool:
        """Whether the processes took more than they may."""
        return self._is_exceeded or (self._group is not None and self._group.has_killed)

    @property
    def peak_mb(self) -> int:
        """The peak in MB, rounded up as AWS does."""
        return math.ceil(self._peak / 1024 / 1024)

    @contextlib.asynccontextmanager
    async def sample(self) -> AsyncGenerator[None]:
        """Look at the whole family now and then, and at the end at the process itself."""
        sampling = asyncio.create_task(self._sample_family())
        try:
            yield
        finally:
            sampling.cancel()
            self._sample_process()

    async def _sample_family(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(self._process_id)
                # Looking for children reads every process of the machine: too much for hundreds of environments.
                is_alone = trace_children(self._process_id) is not None
                family = [process] if is_alone else [process, *process.children(recursive=True)]
                family += [member for number in self._beside for member in _find_family(number)]
                self._note(sum(_resident(member) for member in family))
                self._compare(family)

    def _compare(self, family: Sequence[psutil.Process]) -> None:
        if not self._is_exceeded and (self.is_exceeded or self._is_above_limit(family)):
            self._is_exceeded = True
            if self._exceed is not None:
                self._exceed()

    def _is_above_limit(self, family: Sequence[psutil.Process]) -> bool:
        if self._limit is None or sum(map(_resident, family)) <= self._limit:
            return False
        # Only now is it worth the time to tell what is shared.
        if self._is_restored:
            return _resident(family[0]) + sum(map(_unique, family[1:])) > self._limit
        return sum(map(_proportional, family)) > self._limit

    def _sample_process(self) -> None:
        # Linux remembers the peak itself, so that one cheap look misses nothing.
        with contextlib.suppress(psutil.Error, OSError):
            found = _PEAK.search(self._status.read_text()) if self._status.exists() else None
            self._note(int(found[1]) * 1024 if found else _resident(psutil.Process(self._process_id)))

    def _note(self, resident: int) -> None:
        self._peak = max(self._peak, resident)


def _find_family(process_id: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(process_id)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def watch_memory(
    processes: ProcessGroup, group: ControlGroup, configuration: FunctionConfiguration, *, beside: Sequence[int] = ()
) -> MemoryWatch:
    """Let a function that takes more memory than it may be killed: by the kernel where it can, else by the watch."""
    if not configuration.is_memory_limited:
        return MemoryWatch(processes.id, beside=beside)
    # The watch alone sees what is too much only when it looks.
    limit = None if group.limit_memory(configuration.memory) else configuration.memory
    return MemoryWatch(processes.id, limit_mb=limit, group=group, beside=beside, exceed=processes.kill)


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _unique(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().uss
    except psutil.Error:
        return 0


def _proportional(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    # Linux alone knows the share of each process in what it shares.
    return getattr(memory, "pss", memory.uss)
