"""Ports that a project keeps from one day to the next."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from lambdakit.errors import OptionError

_LAST = 65_535
_FIRST, _COUNT = 20_000, 10_000
"""Below the range from which Linux and macOS give ports to connections."""


def choose_ports(root: Path, names: Sequence[str], *, first: int | None = None) -> dict[str, int]:
    """Return a port for each name: from `first` on, or the same for the same folder and names.

    Raises:
        OptionError: There are not enough ports from `first` on.
    """
    if first is not None:
        if first + len(names) - 1 > _LAST:
            what = f"{len(names)} ports are needed from {first} on"
            raise OptionError(what, where="--port", fix=f"choose {_LAST + 1 - len(names)} or less")
        return {name: first + index for index, name in enumerate(names)}
    chosen: dict[str, int] = {}
    for name in names:
        number = crc32(f"{root.resolve()}\0{name}".encode()) % _COUNT
        while _FIRST + number in chosen.values():
            number = (number + 1) % _COUNT
        chosen[name] = _FIRST + number
    return chosen
