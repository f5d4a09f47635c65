"""The open descriptors of a process at its snapshot, and what becomes of them in a process restored from it.

A fork shares what is open, a snapshot copies it. So files are opened again, and pipes, events and selectors that
connect the process with itself are made anew, under their old numbers; what was connected with others is dead.
"""

import fcntl
import gc
import os
import re
import select
import socket
import struct
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .files import find_files

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_WATCHED = re.compile(r"^tfd:\s*(\d+) events:\s*([0-9a-f]+)", re.MULTILINE)


class Descriptors:
    """What was open at the snapshot, without the numbers in `own`.

    `connections` are the peers of connected sockets as `host:port`, by descriptor, `written_in_tmp` the files in /tmp
    that were open for writing.
    """

    def __init__(self, own: Collection[int]) -> None:
        targets = {number: target for number, target in _list_open() if number not in own}
        self.connections = dict(_find_connections(_select(targets, "socket:")))
        self._files = list(find_files(targets))
        self.written_in_tmp = [file.path for file in self._files if file.is_written_in_tmp]
        self._pipes = list(_find_own_pipes(targets))
        self._pairs = list(_find_pairs())
        self._events = _select(targets, "anon_inode:[eventfd]")
        self._selectors = {number: _list_watched(number) for number in _select(targets, "anon_inode:[eventpoll]")}

    def renew(self) -> None:
        """Give this process, which was forked from that one, its own of each."""
        for number in self.connections:
            _put(_make_dead().detach(), number)
        for file in self._files:
            if (new := file.open_again()) is not None:
                _put(new, file.descriptor)
        self._renew_inner()

    def _renew_inner(self) -> None:
        for reader, writer in self._pipes:
            for new, old in zip(os.pipe(), (reader, writer), strict=True):
                _put(new, old)
        for one, other in self._pairs:
            for new, old in zip(socket.socketpair(), (one, other), strict=True):
                _put(new.detach(), old)
        for number in self._events:
            _put(os.eventfd(0), number)
        # Last, as a selector knows what it watches by more than its number.
        for number, watched in self._selectors.items():
            _put_selector(number, watched)


def _list_open() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            yield int(entry.name), str(entry.readlink())


def _select(targets: dict[int, str], beginning: str) -> list[int]:
    return [number for number, target in targets.items() if target.startswith(beginning)]


def _find_connections(numbers: Iterable[int]) -> Iterator[tuple[int, str]]:
    for number in numbers:
        with socket.socket(fileno=os.dup(number)) as each, suppress(OSError):
            if each.type == socket.SOCK_STREAM and each.family in {socket.AF_INET, socket.AF_INET6}:
                host, port = each.getpeername()[:2]
                yield number, f"{host}:{port}"


def _find_own_pipes(targets: dict[int, str]) -> Iterator[tuple[int, int]]:
    ends: dict[str, dict[int, int]] = {}
    for number in _select(targets, "pipe:"):
        mode = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
        ends.setdefault(targets[number], {})[mode] = number
    for each in ends.values():
        if os.O_RDONLY in each and os.O_WRONLY in each:
            yield each[os.O_RDONLY], each[os.O_WRONLY]


def _find_pairs() -> Iterator[tuple[int, int]]:
    """Find the pairs of sockets by which event loops of asyncio wake themselves up."""
    module: Any = sys.modules.get("asyncio.selector_events")
    if module is None:
        return
    for each in gc.get_objects():
        if issubclass(type(each), module.BaseSelectorEventLoop):
            loop: Any = each
            if not loop.is_closed():
                yield loop._ssock.fileno(), loop._csock.fileno()  # noqa: SLF001 (nothing else tells them)


def _list_watched(number: int) -> list[tuple[int, int]]:
    text = Path(f"/proc/self/fdinfo/{number}").read_text()
    return [(int(watched), int(events, 16)) for watched, events in _WATCHED.findall(text)]


def _put_selector(number: int, watched: Iterable[tuple[int, int]]) -> None:
    selector = select.epoll()
    for other, events in watched:
        with suppress(OSError):
            selector.register(other, events)
    _put(os.dup(selector.fileno()), number)
    selector.close()


def _make_dead() -> socket.socket:
    """Make a connection whose other end is gone."""
    dead = socket.socket()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        dead.connect(server.getsockname())
        other, _ = server.accept()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    other.close()
    return dead


def _put(new: int, old: int) -> None:
    """Put a descriptor in the place of another one, which blocks and is inherited as that one was."""
    os.set_blocking(new, os.get_blocking(old))
    os.dup2(new, old, inheritable=os.get_inheritable(old))
    os.close(new)
