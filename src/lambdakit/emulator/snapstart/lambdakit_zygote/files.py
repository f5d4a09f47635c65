"""The files that were open at the snapshot."""

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_TMP = "/tmp/"  # noqa: S108 (Lambda's own scratch folder)


class File(NamedTuple):
    """An open file: what it is called, how it was opened and where reading or writing goes on."""

    descriptor: int
    path: str
    flags: int
    position: int

    @property
    def is_written_in_tmp(self) -> bool:
        """Whether it can be written to and lies in /tmp, where it can be found by its name."""
        is_writable = self.flags & os.O_ACCMODE != os.O_RDONLY
        return is_writable and self.path.startswith(_TMP) and Path(self.path).exists()

    def open_again(self) -> int | None:
        """Return a new descriptor of it at the same place, or None where it cannot be opened any more."""
        with suppress(OSError):
            number = os.open(f"/proc/self/fd/{self.descriptor}", self.flags)
            os.lseek(number, self.position, os.SEEK_SET)
            return number
        return None


def find_files(targets: Mapping[int, str]) -> Iterator[File]:
    """Find the regular files among what descriptors lead to."""
    for number, path in targets.items():
        with suppress(OSError):
            if stat.S_ISREG(os.fstat(number).st_mode):
                yield File(number, path, fcntl.fcntl(number, fcntl.F_GETFL), os.lseek(number, 0, os.SEEK_CUR))
