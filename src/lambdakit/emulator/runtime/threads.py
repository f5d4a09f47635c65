"""What the threads of a stopped process would do if it ran: seen from outside, in what the kernel tells of each.

A stopped thread still shows the system call that it waits in. One that waits for a lock, a queue or a connection
without a time limit has nothing to do; one that sleeps, waits with a limit or computes has.
Source: https://man7.org/linux/man-pages/man5/proc_pid_syscall.5.html
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Activity = Literal["computing", "sleeping", "waiting with a time limit", "running a loop with timers"]
"""What a thread would go on with."""

_SLEEPS = {"x86_64": (35, 230), "aarch64": (101, 115)}
_LOCKS = {"x86_64": (202, 219), "aarch64": (98, 128)}
_LOOPS = {"x86_64": (232, 281, 441), "aarch64": (22, 441)}
_NOT_IN_A_CALL = -1
# The operations of a lock that waits, less their flags: FUTEX_WAIT and FUTEX_WAIT_BITSET.
_WAITS, _FLAGS = (0, 9), 128 | 256
_ENDLESS = 1 << 31
# The runtime's own thread computes for less in an invocation.
_LEAST_COMPUTED = 0.005
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)$", re.MULTILINE)
_BEYOND_A_FILE = 4 * 1024 * 1024


def find_live_threads(process_id: int) -> dict[int, Activity]:
    """Return which threads of a stopped process would go on, and with what; its main thread is the runtime's.

    One that computes may be about to wait: only when it is found so again and again, it has more to do for sure.
    There is nothing to see off Linux, on other processors, and where the kernel does not tell.
    """
    found: dict[int, Activity] = {}
    for thread in _list_threads(process_id):
        try:
            activity = _tell(thread, os.uname().machine)
        except (OSError, ValueError):
            continue
        if activity is not None:
            found[int(thread.name)] = activity
    return found


def count_threads(process_id: int) -> int:
    """Return how many threads a process has beside its main one; 0 where that cannot be told."""
    return len(list(_list_threads(process_id)))


def _list_threads(process_id: int) -> Iterator[Path]:
    try:
        threads = list(Path(f"/proc/{process_id}/task").iterdir())
    except OSError:
        return
    yield from (thread for thread in threads if thread.name != str(process_id))


def _tell(thread: Path, machine: str) -> Activity | None:
    fields = (thread / "syscall").read_text().split()
    if fields[0] == "running":
        # The stop has not reached it: that says nothing about it.
        return None
    call, arguments = int(fields[0]), [int(field, 16) for field in fields[1:]]
    if call == _NOT_IN_A_CALL:
        return _computes(thread)
    if call in _SLEEPS.get(machine, ()):
        return "sleeping"
    if call in _LOOPS.get(machine, ()):
        return "running a loop with timers" if 0 < (arguments[3] & 0xFFFFFFFF) < _ENDLESS else None
    if call in _LOCKS.get(machine, ()) and _waits_with_limit(arguments):
        return _computes(thread) if _is_of_interpreter(thread, arguments[0]) else "waiting with a time limit"
    return None


def _computes(thread: Path) -> Activity | None:
    seconds = int((thread / "schedstat").read_text().split()[0]) / 1e9
    return "computing" if seconds > _LEAST_COMPUTED else None


def _waits_with_limit(arguments: list[int]) -> bool:
    # A wait that was stopped before shows as a restart of itself, with the arguments that it had.
    return arguments[1] & ~_FLAGS in _WAITS and arguments[1] & _FLAGS != 0 and arguments[3] != 0


def _is_of_interpreter(thread: Path, address: int) -> bool:
    """Say whether a lock is one of Python's own, for which a thread that computes waits at every turn."""
    end = 0
    for start, stop, name in _MAPPING.findall((thread / "maps").read_text()):
        if "python" in Path(name).name:
            end = int(stop, 16) + _BEYOND_A_FILE
        if int(start, 16) <= address < int(stop, 16):
            return "python" in Path(name).name or (not name and address < end)
    return False
