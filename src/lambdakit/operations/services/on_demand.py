"""A server that is started when somebody first calls it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from lambdakit.emulator.front_doors.listening import bind

_PROGRAM = Path(__file__).with_name("moto_process.py")
_END_LIMIT = 5.0
MISSING = "DynamoDB, Secrets Manager, SSM, S3 and EventBridge are not there: install lambdakit[services]"
"""What is said where moto is not installed."""


def can_serve() -> bool:
    """Say whether moto is installed."""
    return find_spec("moto") is not None and find_spec("werkzeug") is not None


class MotoOnDemand:
    """Listens on a loopback port, and starts moto's server in a process of its own with the first connection.

    What it holds is in memory, and gone with the process. `note` gets what a developer has to know.
    """

    def __init__(self, port: int = 0, *, note: Callable[[str], None] = lambda _: None) -> None:
        self._port = port
        self._note = note
        self._process: Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._has_told = False
        self.address = ""
        """Where it listens, as `http://127.0.0.1:PORT`."""

    async def __aenter__(self) -> Self:
        """Listen; raises AddressInUse."""
        self._listener = bind(self._port, where="other services")
        self._listener.listen(128)
        self._listener.settimeout(0)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._wait_for_connection()
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._end()
        self._listener.close()

    @property
    def is_running(self) -> bool:
        """Whether somebody has called, so that moto runs."""
        return self._process is not None

    def _wait_for_connection(self) -> None:
        asyncio.get_running_loop().add_reader(self._listener, self._begin)

    def _begin(self) -> None:
        if not can_serve():
            self._turn_away()
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        self._starting = asyncio.create_task(self._run())

    def _turn_away(self) -> None:
        with suppress(OSError):
            self._listener.accept()[0].close()
        if not self._has_told:
            self._has_told = True
            self._note(MISSING)

    async def _run(self) -> None:
        """Let moto answer, and wait for the next connection should it end."""
        descriptor = self._listener.fileno()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(_PROGRAM), str(descriptor)),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            pass_fds=(descriptor,),
            env=_environment(),
            start_new_session=True,
        )
        said: deque[bytes] = deque(maxlen=1)
        if self._process.stderr is not None:
            async for line in self._process.stderr:
                said.append(line)
        code = await self._process.wait()
        self._process = None
        last = said[0].decode(errors="replace").strip() if said else "it said nothing"
        self._note(f"moto's server has ended with {code}: {last}. The next request starts it anew")
        self._wait_for_connection()

    async def _end(self) -> None:
        if (process := self._process) is None or process.stdin is None:
            return
        self._process = None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _END_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()


def _environment() -> dict[str, str]:
    """Return what moto's process may know: not who the developer is on AWS."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
