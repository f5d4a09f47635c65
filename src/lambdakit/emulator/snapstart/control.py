import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from lambdakit.errors import EnvironmentFault

_LONGEST = 1_048_576
_FIX = "invoke again: the next environment takes a new snapshot"


class Process(NamedTuple):
    """A restored process; `exited` completes with its exit code, negative for a signal."""

    id: int
    exited: asyncio.Future[int]


class Control:
    """The emulator's end of the socket to the process that holds a snapshot.

    `taken` completes when the snapshot is, with the moment on `time.perf_counter`, and `findings` are what was found
    then; when the holder ends first it never does.
    `descriptor` is the end to give to the holder. Restored processes whose holder is gone are killed.
    """

    def __init__(self) -> None:
        self._socket, self._other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)  # noqa: FBT003 (the only way to say it)
        self._loop = asyncio.get_running_loop()
        self.taken: asyncio.Future[float] = self._loop.create_future()
        self.findings: list[str] = []
        self._forks: dict[int, asyncio.Future[Process]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._orders = 0
        self._is_closed = False
        self._loop.add_reader(self._socket, self._read)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def descriptor(self) -> int:
        """The holder's end."""
        return self._other.fileno()

    def release(self) -> None:
        """Close our copy of the holder's end."""
        self._other.close()

    async def restore(self, order: dict[str, Any], descriptors: Sequence[int]) -> Process:
        """Have a process restored from the snapshot.

        Raises EnvironmentFault when the holder is gone.
        """
        self._orders += 1
        fork = self._forks[self._orders] = self._loop.create_future()
        try:
            message = json.dumps({**order, "order": self._orders}).encode()
            if self._is_closed:
                raise ConnectionResetError
            socket.send_fds(self._socket, [message], descriptors)
            return await fork
        except OSError as error:
            raise EnvironmentFault("the process that holds the snapshot has ended", fix=_FIX) from error

    def close(self) -> None:
        """Let go of the holder, which ends then; all that was restored from it is killed."""
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._other.close()
        for fork in self._forks.values():
            if not fork.done():
                fork.set_exception(ConnectionResetError())
        for process, exited in self._exits.items():
            if not exited.done():
                _kill(process)
                exited.set_result(-signal.SIGKILL)

    def _read(self) -> None:
        try:
            message = self._socket.recv(_LONGEST)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if message:
            self._take(json.loads(message))
        else:
            self.close()

    def _take(self, message: dict[str, Any]) -> None:
        if "snapshot" in message:
            self.findings = message["snapshot"]
            self.taken.set_result(message["moment"])
        elif "order" in message:
            process: int = message["process"]
            exited = self._exits[process] = self._loop.create_future()
            fork = self._forks.pop(message["order"])
            if fork.done():
                # Whoever gave the order was cancelled before the process was there.
                _kill(process)
            else:
                fork.set_result(Process(process, exited))
        else:
            exited = self._exits.pop(message["process"])
            exited.set_result(message["code"])


def _kill(process: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process, signal.SIGKILL)
