"""Ports that a project keeps from one day to the next."""

from pathlib import Path
from zlib import crc32

_FIRST, _COUNT = 20_000, 10_000
"""Below the range from which Linux and macOS give ports to connections."""


def choose_port(root: Path, name: str) -> int:
    """Return a function's port, the same for the same folder and name."""
    return _FIRST + crc32(f"{root.resolve()}\0{name}".encode()) % _COUNT
