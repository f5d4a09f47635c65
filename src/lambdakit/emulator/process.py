import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from lambdakit.errors import EnvironmentFault

_SWEEPS = 3


class ProcessGroup:
    """A command, and everything it starts.

    `exited` completes with the command's exit code, negative for a signal. `mark` is an environment variable that the
    command has and no process outside its family: descendants that left the group are known by it. `is_killed` says
    that `kill` was called.
    """

    def __init__(self, process: asyncio.subprocess.Process, mark: tuple[str, str]) -> None:
        self.id = process.pid
        self.exited = asyncio.create_task(process.wait())
        self.is_killed = False
        self._mark = mark

    def kill(self) -> None:
        """Kill the command and all its descendants; needs no event loop, so that a cancelled caller can do it."""
        if self.is_killed:
            return
        self.is_killed = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.id, signal.SIGKILL)
        for _ in range(_SWEEPS):
            strays = [process for process in psutil.process_iter() if self._is_stray(process)]
            if not strays:
                return
            for stray in strays:
                with contextlib.suppress(psutil.Error):
                    stray.kill()

    def _is_stray(self, process: psutil.Process) -> bool:
        name, value = self._mark
        try:
            return process.pid != self.id and process.environ().get(name) == value
        except (psutil.Error, OSError):
            return False


async def start_process(
    command: Sequence[str], *, variables: Mapping[str, str], mark: str, folder: Path, output: int
) -> ProcessGroup:
    """Start a command in a process group of its own, with `variables` as its whole environment.

    Standard output and error go to the descriptor `output`, which stays open in the command under its own number as
    well. `mark` names the variable that no other family has. Raises EnvironmentFault when it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(output,),
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise EnvironmentFault(f"the function's process could not be started: {error}", where=command[0]) from error
    return ProcessGroup(process, (mark, variables[mark]))
