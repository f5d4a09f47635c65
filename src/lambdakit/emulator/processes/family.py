import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Final

import psutil

from lambdakit.emulator.processes.guard_process import list_processes, read_environment

_LATEST = Path("/proc/loadavg")
# Process numbers are used again after a while, so what was learned about one must not be kept for long.
_LONGEST_MEMORY = 10.0
_LARGEST = 65_536


class Census:
    """Tells which processes belong to a family, by a variable that all of them were started with.

    Every process is looked at once for all families. `strangers` are the processes that belong to none.
    """

    def __init__(self) -> None:
        self._marks: dict[str, bytes] = {}
        self._members: dict[int, bytes] = {}
        self._strangers: set[int] = set()
        self._began = 0.0
        self._latest = ""

    def register(self, mark: tuple[str, str]) -> None:
        """Count a family from now on; it has no process yet."""
        name = "=".join(mark)
        self._marks[name] = f"\0{name}\0".encode()

    def remove(self, mark: tuple[str, str]) -> None:
        """Count a family no longer."""
        self._marks.pop("=".join(mark), None)

    def find(self, mark: tuple[str, str], *, is_thorough: bool = False) -> list[int]:
        """Return the ids of all living processes of a family; `is_thorough` trusts nothing learned before."""
        if is_thorough:
            self._began = 0.0
        self._refresh()
        needle = f"\0{'='.join(mark)}\0".encode()
        # Whoever gets a signal has to be who was meant, also when the number has a new owner by now.
        return [number for number, own in self._members.items() if own == needle and needle in read_environment(number)]

    def _refresh(self) -> None:
        now, latest = time.monotonic(), _latest_process()
        if not self._began or now - self._began > _LONGEST_MEMORY:
            self._began, self._members, self._strangers = now, {}, set()
        elif latest and latest == self._latest:
            return
        self._latest = latest
        living = set(list_processes())
        self._strangers &= living
        self._members = {number: mark for number, mark in self._members.items() if number in living}
        for number in living - self._strangers - self._members.keys():
            self._look_at(number)

    def _look_at(self, number: int) -> None:
        environment = read_environment(number)
        for needle in self._marks.values():
            if needle in environment:
                self._members[number] = needle
                return
        # One without variables may be in the middle of its start, and is looked at again.
        if environment.strip(b"\0"):
            self._strangers.add(number)


def _latest_process() -> str:
    # Linux tells the number that it gave out last: while that stays, there is no new process anywhere.
    try:
        return _LATEST.read_text().rpartition(" ")[2]
    except OSError:
        return ""


def trace_children(process_id: int) -> tuple[bytes, ...] | None:
    """Return what changes when a process has collected a child; None when it has children now or it cannot be told.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, fields cminflt and cmajflt
    """
    try:
        if any(_read(path) for path in _children_files(process_id)):
            return None
        fields = _read(f"/proc/{process_id}/stat").rpartition(b")")[2].split()
        return fields[8], fields[10]
    except (OSError, IndexError):
        return None


def _children_files(process_id: int) -> list[str]:
    # These files are read several times with each invocation; pathlib would take longer than the kernel.
    with os.scandir(f"/proc/{process_id}/task") as threads:
        return [f"{thread.path}/children" for thread in threads]


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def list_descendants(process_id: int) -> list[int]:
    """Return the ids of the children of a process that have not been collected, and of theirs."""
    if sys.platform != "linux":
        return _ask_children(process_id, is_recursive=True)
    return [each for child in list_children(process_id) for each in (child, *list_descendants(child))]


def list_children(process_id: int) -> list[int]:
    """Return the ids of the children of a process that have not been collected."""
    if sys.platform != "linux":
        return _ask_children(process_id, is_recursive=False)
    found: list[int] = []
    with contextlib.suppress(OSError):
        for path in _children_files(process_id):
            with contextlib.suppress(OSError):
                found += map(int, _read(path).split())
    return found


def _ask_children(process_id: int, *, is_recursive: bool) -> list[int]:
    try:
        return [each.pid for each in psutil.Process(process_id).children(recursive=is_recursive)]
    except psutil.Error:
        return []


CENSUS: Final = Census()
"""The census of this process."""
