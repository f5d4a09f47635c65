"""The program that outlives an emulator and kills what it left behind.

It runs as a script in a process of its own and reads what to kill from standard input, one instruction a line:
`+ name=value` for a family that is about to start, `@ group name=value` for the group of its first process and
`- name=value` for one that has ended. The kernel closes that pipe however the emulator dies.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_SWEEPS, _PAUSE = 20, 0.05
_CLEAN_SWEEPS = 3


def read_environment(process_id: int) -> bytes:
    """Return the variables that a process was started with, each with a NUL before and after; none when it is gone."""
    try:
        if sys.platform == "linux":
            return b"\0" + Path(f"/proc/{process_id}/environ").read_bytes()
        return _ask_environment(process_id)
    except OSError:
        return b""


def _ask_environment(process_id: int) -> bytes:
    import psutil  # noqa: PLC0415 (the guard needs it at its end alone)

    try:
        variables = psutil.Process(process_id).environ().items()
    except psutil.Error:
        return b""
    return b"\0" + b"".join(f"{name}={value}\0".encode() for name, value in variables)


def list_processes() -> list[int]:
    """Return the ids of all processes of the machine."""
    if sys.platform == "linux":
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    import psutil  # noqa: PLC0415 (the guard needs it at its end alone)

    return psutil.pids()


def _read_families(lines: Iterable[bytes]) -> dict[bytes, int]:
    families: dict[bytes, int] = {}
    for line in lines:
        kind, _, rest = line.rstrip(b"\n").partition(b" ")
        if kind == b"+":
            families[rest] = 0
        elif kind == b"@":
            group, _, mark = rest.partition(b" ")
            families[mark] = int(group)
        else:
            families.pop(rest, None)
    return families


def _kill(families: dict[bytes, int]) -> None:
    for group in filter(None, families.values()):
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    clean = 0
    # A process that was being started when the emulator died has its mark only a moment later.
    for _ in range(_SWEEPS):
        found = list(_find(families))
        for process_id in found:
            with contextlib.suppress(OSError):
                os.kill(process_id, signal.SIGKILL)
        clean = 0 if found else clean + 1
        if clean == _CLEAN_SWEEPS:
            return
        time.sleep(_PAUSE)


def _find(families: Iterable[bytes]) -> Iterator[int]:
    needles = [b"\0" + mark + b"\0" for mark in families]
    for process_id in list_processes():
        environment = read_environment(process_id)
        if any(needle in environment for needle in needles):
            yield process_id


def main() -> None:
    """Wait for the end of the emulator, then kill every family that had not ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if families := _read_families(sys.stdin.buffer):
        _kill(families)


if __name__ == "__main__":
    main()
