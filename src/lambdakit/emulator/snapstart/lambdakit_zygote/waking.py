import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_ENVIRONMENT_STARTS = 47
"""Which field of `/proc/self/stat` says where the first variable lies, counted behind the command's name."""


class Clock:
    """What a fork changes and a snapshot does not: the state of the `random` module."""

    def __init__(self) -> None:
        self._random: Any = sys.modules.get("random")
        self._state = self._random.getstate() if self._random else None

    def restore(self) -> None:
        """Undo that Python seeds it anew after a fork: environments restored from one snapshot share the numbers."""
        if self._random:
            self._random.setstate(self._state)


def wake(output: int, log_descriptor: int, variables: dict[str, str], mark: tuple[str, str, str]) -> None:
    """Make a forked process an environment of its own: its process group, its output, its variables, its mark."""
    os.setpgid(0, 0)
    for number in {1, 2, log_descriptor}:
        os.dup2(output, number)
    os.close(output)
    os.environ.update(variables)
    name, old, new = mark
    os.environ[name] = new
    # Where it cannot be rewritten, it is still one of the holder's family, and ends with that.
    with suppress(OSError):
        _rewrite(f"{name}={old}".encode(), f"{name}={new}".encode())


def _rewrite(old: bytes, new: bytes) -> None:
    """Change a variable where the rest of the machine reads it; both texts have the same length.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    offset = (b"\0" + Path("/proc/self/environ").read_bytes()).find(b"\0" + old + b"\0")
    if offset < 0:
        return
    with open("/proc/self/mem", "r+b", buffering=0) as memory:  # noqa: PTH123 (seeks in a device)
        memory.seek(int(fields[_ENVIRONMENT_STARTS]) + offset)
        memory.write(new)
