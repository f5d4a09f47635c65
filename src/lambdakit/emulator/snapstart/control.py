import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from lambdakit.emulator.processes.process import ProcessGroup
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
    then; when the holder ends first it never does. From then on the holder stands still, but for the moments in which
    it restores a process or collects one that has ended. `descriptor` is the end to give to it. Restored processes
    whose holder is gone are killed. `is_closed` says that nothing can be restored any more.
    """

    def __init__(self) -> None:
        self._socket, self._other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)  # noqa: FBT003 (the only way to say it)
        self._loop = asyncio.get_running_loop()
        self.taken: asyncio.Future[float] = self._loop.create_future()
        self.findings: list[str] = []
        self._holder: ProcessGroup | None = None
        self._forks: dict[int, asyncio.Future[Process]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._watched: dict[int, int] = {}
        self._orders = 0
        self._tasks = 0
        self.is_closed = False
        self._loop.add_reader(self._socket, self._read)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def descriptor(self) -> int:
        """The holder's end."""
        return self._other.fileno()

    def hand_over(self, holder: ProcessGroup) -> None:
        """Close our copy of the holder's end, which has been started."""
        self._holder = holder
        self._other.close()
        # Its end of the socket may live on in a child of its own.
        holder.exited.add_done_callback(lambda _: self.close())

    async def restore(self, order: dict[str, Any], descriptors: Sequence[int]) -> Process:
        """Have a process restored from the snapshot.

        Raises EnvironmentFault when the holder is gone.
        """
        self._orders += 1
        fork = self._forks[self._orders] = self._loop.create_future()
        try:
            message = json.dumps({**order, "order": self._orders}).encode()
            if self.is_closed:
                raise ConnectionResetError
            self._begin_task()
            socket.send_fds(self._socket, [message], descriptors)
            return await fork
        except OSError as error:
            self.close()
            raise EnvironmentFault("the process that holds the snapshot has ended", fix=_FIX) from error

    def close(self) -> None:
        """Let go of the holder, which ends then; all that was restored from it is killed."""
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._other.close()
        for number in list(self._watched):
            self._forget(number)
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
            self._tasks += 1
            self.findings = message["snapshot"]
            self.taken.set_result(message["moment"])
        elif "order" in message:
            self._take_process(self._forks.pop(message["order"]), message["process"])
        else:
            self._exits.pop(message["process"]).set_result(message["code"])
            if self._is_unnoticed(message["process"]):
                return
        self._end_task()

    def _take_process(self, fork: asyncio.Future[Process], process: int) -> None:
        exited = self._exits[process] = self._loop.create_future()
        try:
            number = os.pidfd_open(process)
        except ProcessLookupError:
            # It has been collected already, and the holder is about to say so.
            self._begin_task()
        else:
            self._watched[number] = process
            self._loop.add_reader(number, self._notice_end, number)
        if fork.done():
            # Whoever gave the order was cancelled before the process was there.
            _kill(process)
        else:
            fork.set_result(Process(process, exited))

    def _is_unnoticed(self, process: int) -> bool:
        """Whether the holder, at work for another reason, was faster than our own watch over a process."""
        number = next((number for number, each in self._watched.items() if each == process), None)
        if number is not None:
            self._forget(number)
        return number is not None

    def _notice_end(self, number: int) -> None:
        self._forget(number)
        self._begin_task()

    def _forget(self, number: int) -> None:
        del self._watched[number]
        self._loop.remove_reader(number)
        os.close(number)

    def _begin_task(self) -> None:
        self._tasks += 1
        if self._holder is not None:
            self._holder.release()

    def _end_task(self) -> None:
        self._tasks -= 1
        if self._holder is not None and not self._tasks:
            self._holder.hold()


def _kill(process: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process, signal.SIGKILL)
