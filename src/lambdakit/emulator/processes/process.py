import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lambdakit.emulator.processes.family import CENSUS, trace_children
from lambdakit.emulator.processes.guard import GUARD
from lambdakit.errors import EnvironmentFault

_SWEEPS = 3


class ProcessGroup:
    """A command, and everything it starts.

    `exited` completes with the command's exit code, negative for a signal. `mark` is an environment variable that the
    command has and no process outside its family: descendants that left the group are known by it. `is_killed` says
    that `kill` was called, `is_frozen` and `is_held` that `freeze` or `hold` was and what undoes it was not.
    """

    def __init__(self, process_id: int, exited: asyncio.Future[int], mark: tuple[str, str]) -> None:
        self.id = process_id
        self.exited = exited
        self.is_killed = False
        self.is_frozen = False
        self.is_held = False
        self._mark = mark
        self._trace: tuple[bytes, ...] | None = None
        self._strays: set[int] = set()

    def hold(self) -> None:
        """Stop the processes of the group for a moment, until `release`; one that is frozen stays so."""
        if not (self.is_killed or self.is_frozen or self.is_held):
            self.is_held = True
            self._signal_group(signal.SIGSTOP)

    def release(self) -> None:
        """Let the processes of the group go on."""
        if self.is_held:
            self.is_held = False
            self._signal_group(signal.SIGCONT)

    def freeze(self) -> None:
        """Stop every process of the family until `thaw`; costs one signal as long as there are no children."""
        if self.is_killed or self.is_frozen:
            return
        self.is_frozen, self.is_held = True, False
        self._signal_group(signal.SIGSTOP)
        self._signal_strays(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let every process of the family run again."""
        if not self.is_frozen:
            return
        self.is_frozen = False
        # The strays first: what the command does when it wakes up must not find them stopped.
        self._signal_strays(signal.SIGCONT)
        self._signal_group(signal.SIGCONT)

    async def terminate(self, seconds: float) -> None:
        """Ask the command to end, with SIGTERM, and kill the family when it has not ended within `seconds`.

        Lambda does this only for a function with an extension: 150 ms for the runtime when the extension is internal,
        300 ms when it is external; any other function is killed at once.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        self.release()
        self.thaw()
        if not self.is_killed and not self.exited.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.id, signal.SIGTERM)
            await asyncio.wait({self.exited}, timeout=seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the command and all its descendants; needs no event loop, so that a cancelled caller can do it."""
        if self.is_killed:
            return
        self.is_killed = True
        self.is_frozen = self.is_held = False
        self._signal_group(signal.SIGKILL)
        self._strays.clear()
        for _ in range(_SWEEPS):
            if not self._signal_new_strays(signal.SIGKILL, is_thorough=True):
                break
        CENSUS.remove(self._mark)
        GUARD.release(self._mark)

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.id, number)

    def _signal_strays(self, number: signal.Signals) -> None:
        trace = trace_children(self.id)
        if trace is not None and trace == self._trace and not self._strays:
            return
        self._trace = trace
        self._strays.clear()
        # A stray that still runs can start another one after the look.
        for _ in range(_SWEEPS):
            if not self._signal_new_strays(number):
                return

    def _signal_new_strays(self, number: signal.Signals, *, is_thorough: bool = False) -> set[int]:
        strays = set(CENSUS.find(self._mark, is_thorough=is_thorough)) - self._strays - {self.id}
        for stray in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(stray, number)
        self._strays |= strays
        return strays


async def start_process(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    mark: str,
    folder: Path,
    output: int,
    descriptors: Collection[int] = (),
) -> ProcessGroup:
    """Start a command in a process group of its own, with `variables` as its whole environment.

    Standard output and error go to the descriptor `output`, which stays open in the command under its own number as
    well, and so do `descriptors`. `mark` names the variable that no other family has. Raises EnvironmentFault when it
    cannot be started.
    """
    family = mark, variables[mark]
    GUARD.expect(family)
    CENSUS.register(family)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(output, *descriptors),
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        GUARD.release(family)
        CENSUS.remove(family)
        raise EnvironmentFault(f"the function's process could not be started: {error}", where=command[0]) from error
    GUARD.watch(family, process.pid)
    return ProcessGroup(process.pid, asyncio.create_task(process.wait()), family)
