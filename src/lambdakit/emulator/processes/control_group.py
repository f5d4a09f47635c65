import contextlib
import itertools
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_PREFIX = "lambdakit-"
_ABANDONED_AFTER = 60.0
_PERIOD = 20_000
_CONTROLLERS = frozenset({"cpu", "memory"})
_NUMBERS = itertools.count()
_closed: set[Path] = set()
"""The folders of closed groups that could not be removed yet."""
# Enters the groups before anything else runs, so that no child can be left outside.
_ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"'


class Place(NamedTuple):
    """A folder in which this process may make control groups, and which limits they can have."""

    folder: Path
    version: int
    controllers: frozenset[str]


def find_places(process: Path = Path("/proc/self")) -> list[Place]:
    """Return where groups can be made that limit CPU time or memory; none off Linux and where nothing is writable.

    With version 2 that is the nearest folder above this process that hands the controllers on and belongs to the user,
    as systemd delegates them. Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#delegation
    """
    try:
        mounts = (process / "mountinfo").read_text().splitlines()
        own = dict(_read_own((process / "cgroup").read_text().splitlines()))
    except OSError:
        return []
    places = (place for line in mounts for place in _examine_mount(line, own))
    return [place for place in places if place.controllers]


def _read_own(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        _, controllers, path = line.split(":", 2)
        yield from ((controller, path) for controller in controllers.split(","))


def _examine_mount(line: str, own: dict[str, str]) -> Iterator[Place]:
    mount, _, kind = line.partition(" - ")
    root, point = mount.split()[3:5]
    system, _, options = kind.split(" ", 2)
    if system == "cgroup2":
        yield _find_delegated(_locate(point, root, own.get("", "/")), Path(point))
    elif system == "cgroup" and (controllers := _CONTROLLERS.intersection(options.split(","))):
        folder = _locate(point, root, own.get(min(controllers), "/"))
        if os.access(folder, os.W_OK):
            yield Place(folder, 1, controllers)


def _locate(point: str, root: str, path: str) -> Path:
    # A container may see a part of the hierarchy alone.
    below = Path(path).relative_to(root) if Path(path).is_relative_to(root) else Path()
    return Path(point, below)


def _find_delegated(own: Path, top: Path) -> Place:
    for folder in (own, *own.parents):
        if not folder.is_relative_to(top):
            break
        with contextlib.suppress(OSError):
            controllers = _CONTROLLERS.intersection((folder / "cgroup.subtree_control").read_text().split())
            if controllers and os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK):
                return Place(folder, 2, controllers)
    return Place(top, 2, frozenset())


class ControlGroup:
    """The kernel's own limits for the processes of one runtime.

    `controllers` says which of the `wanted` limits there are. `close` has to follow, when all processes have ended.
    """

    def __init__(self, places: Iterable[Place], *, wanted: Iterable[str]) -> None:
        name = f"{_PREFIX}{os.getpid()}-{next(_NUMBERS)}"
        self.controllers: frozenset[str] = frozenset()
        self._groups: list[Place] = []
        for place in places:
            controllers = place.controllers.intersection(wanted) - self.controllers
            if not controllers:
                continue
            _sweep(place.folder)
            with contextlib.suppress(OSError):
                group = place._replace(folder=place.folder / name, controllers=controllers)
                group.folder.mkdir()
                self._groups.append(group)
                if group.version == 1 and "cpu" in controllers:
                    _write(group.folder / "cpu.cfs_period_us", _PERIOD)
                self.controllers |= group.controllers

    def enter(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs `command` inside."""
        files = [str(group.folder / "cgroup.procs") for group in self._groups]
        return ["/bin/sh", "-c", _ENTER, "sh", *files, "--", *command] if files else list(command)

    def adopt(self, process_id: int) -> None:
        """Take a process in that runs already; what memory it has got before is not counted. OSError."""
        for group in self._groups:
            _write(group.folder / "cgroup.procs", process_id)

    def limit_cpu(self, share: float | None) -> None:
        """Let the processes have `share` of one processor, measured anew from now on, or all of them; OSError."""
        for folder, version in self._find("cpu"):
            quota = None if share is None else max(int(share * _PERIOD), 1000)
            if version == 1:
                _write(folder / "cpu.cfs_quota_us", -1 if quota is None else quota)
            else:
                _write(folder / "cpu.max", f"{'max' if quota is None else quota} {_PERIOD}")

    def limit_memory(self, megabytes: int) -> bool:
        """Let the kernel kill them when together they take more than this; False where it does not."""
        try:
            self._limit_memory(megabytes)
        except OSError:
            return False
        return "memory" in self.controllers

    def _limit_memory(self, megabytes: int) -> None:
        size = megabytes * 1024 * 1024
        for folder, version in self._find("memory"):
            if version == 1:
                _write(folder / "memory.limit_in_bytes", size)
                _write_where_there_is(folder / "memory.memsw.limit_in_bytes", size)
            else:
                _write(folder / "memory.max", size)
                _write_where_there_is(folder / "memory.swap.max", 0)
                _write_where_there_is(folder / "memory.oom.group", 1)

    @property
    def has_killed(self) -> bool:
        """Whether the kernel has killed one of them for its use of memory."""
        return any(
            _count_kills(folder / ("memory.oom_control" if version == 1 else "memory.events"))
            for folder, version in self._find("memory")
        )

    def close(self) -> None:
        """Remove the group, and those closed before that were still in use then."""
        _closed.update(group.folder for group in self._groups)
        for folder in list(_closed):
            if _remove(folder):
                _closed.discard(folder)

    def _find(self, controller: str) -> Iterator[tuple[Path, int]]:
        return ((group.folder, group.version) for group in self._groups if controller in group.controllers)


def _write(file: Path, value: object) -> None:
    # Done at every invocation, and a third of the time of `Path.write_text`.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(descriptor, f"{value}\n".encode())
    finally:
        os.close(descriptor)


def _write_where_there_is(file: Path, value: object) -> None:
    # The kernel may lack it, as one without swap does.
    if file.exists():
        with contextlib.suppress(OSError):
            _write(file, value)


def _count_kills(file: Path) -> int:
    try:
        counts = dict(line.split() for line in file.read_text().splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


def _remove(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        # A process that was killed takes a moment to leave its group.
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove the groups that emulators left behind which were killed."""
    for group in folder.glob(f"{_PREFIX}*"):
        owner = group.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            is_old = time.time() - group.stat().st_mtime > _ABANDONED_AFTER
            if is_old and not Path("/proc", owner).exists():
                group.rmdir()
