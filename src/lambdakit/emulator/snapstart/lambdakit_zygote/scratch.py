"""A /tmp of its own for a process that was forked inside of a mount namespace."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

_TMP = "/tmp"  # noqa: S108 (Lambda's own scratch folder, the one to replace)
_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_BIND_ALL = 4096 | 16384


class Scratch:
    """Shows a folder as /tmp to a process, once it has been forked.

    Source: https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
    """

    def __init__(self) -> None:
        self._system = ctypes.CDLL(None, use_errno=True)

    def replace(self, folder: str) -> None:
        """Show a folder below /tmp in its place, with what else is mounted there; OSError when the kernel refuses."""
        working_folder, inner = Path.cwd(), list(_list_inner())
        self._enter()
        for point in inner:
            self._bind(point, folder + point.removeprefix(_TMP))
        self._bind(folder, _TMP)
        # Until now it is the one below the mount.
        os.chdir(working_folder)

    def _enter(self) -> None:
        user, group = os.geteuid(), os.getegid()
        _check(self._system.unshare(_NEW_MOUNTS if user == 0 else _NEW_MOUNTS | _NEW_USERS))
        if user != 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")

    def _bind(self, folder: str, place: str) -> None:
        _check(self._system.mount(os.fsencode(folder), os.fsencode(place), None, ctypes.c_ulong(_BIND_ALL), None))


def _list_inner() -> Iterator[str]:
    """Yield the outermost mount points below /tmp; what is mounted inside of them goes along.

    Some that are listed lie in the machine's own /tmp, which is not to be seen from here.
    """
    latest = ""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    # Spaces and the like are written as octal numbers: "\040".
    points = (line.split()[4].encode().decode("unicode_escape") for line in lines)
    for point in sorted(point for point in points if point.startswith(f"{_TMP}/")):
        if Path(point).exists() and not (latest and point.startswith(f"{latest}/")):
            latest = point
            yield point


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
