"""Sees to it that no process of a function outlives the emulator, however that one dies.

One small process for all environments holds the end of a pipe. It is in no function's group, so it is never frozen.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

_PROGRAM = Path(__file__).with_name("guard_process.py")
_END_LIMIT = 5


class Guard:
    """Kills the families that it watches over when this process dies; starts its own process when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._families: dict[str, int] = {}

    def expect(self, mark: tuple[str, str]) -> None:
        """Watch over a family before its first process exists; `mark` is a variable that all its processes have."""
        self._families["=".join(mark)] = 0
        self._write(f"+ {'='.join(mark)}\n")

    def watch(self, mark: tuple[str, str], group: int) -> None:
        """Name the process group of a family's first process."""
        self._families["=".join(mark)] = group
        self._write(f"@ {group} {'='.join(mark)}\n")

    def release(self, mark: tuple[str, str]) -> None:
        """Forget a family that has been killed."""
        if self._families.pop("=".join(mark), None) is not None:
            self._write(f"- {'='.join(mark)}\n")

    def _write(self, line: str) -> None:
        try:
            self._send(line.encode())
        except OSError:
            # Something killed the guard: the next one has to know all families.
            self._process = None
            self._send("".join(f"@ {group} {mark}\n" for mark, group in self._families.items()).encode())

    def _send(self, lines: bytes) -> None:
        if self._process is None:
            self._process = _start()
        if self._process.stdin is not None:
            self._process.stdin.write(lines)

    def abandon(self) -> None:
        """Close this process's copy of the pipe: a forked child is not the emulator."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.returncode = 0
        self._process, self._families = None, {}

    def end(self) -> None:
        """End the guard's process; what it watches over ends with it."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait(_END_LIMIT)


def _start() -> subprocess.Popen[bytes]:
    # An output of the emulator's would stay open in the guard after its death, and whoever reads it would wait.
    return subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-I", str(_PROGRAM)],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


GUARD: Final = Guard()
"""The guard of this process."""

atexit.register(GUARD.end)
os.register_at_fork(after_in_child=GUARD.abandon)
