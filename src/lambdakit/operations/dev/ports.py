"""Ports that a project keeps from one day to the next."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

_FIRST, _COUNT = 20_000, 10_000
"""Below the range from which Linux and macOS give ports to connections."""


def choose_ports(root: Path, names: Sequence[str], *, first: int | None = None) -> dict[str, int]:
    """Return a port for each name: from `first` on, or the same for the same folder and names."""
    if first is not None:
        return {name: first + index for index, name in enumerate(names)}
    chosen: dict[str, int] = {}
    for name in names:
        number = crc32(f"{root.resolve()}\0{name}".encode()) % _COUNT
        while _FIRST + number in chosen.values():
            number = (number + 1) % _COUNT
        chosen[name] = _FIRST + number
    return chosen
