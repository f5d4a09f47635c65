import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Literal, NamedTuple, Self

from lambdakit.emulator.launch import Place
from lambdakit.emulator.memory import MemoryWatch
from lambdakit.emulator.output import Output
from lambdakit.emulator.process import ProcessGroup, start_process
from lambdakit.emulator.runtime_api import RuntimeApi
from lambdakit.emulator.variables import LOG_STREAM

_KILL_LIMIT = 10


class Ending(NamedTuple):
    """How a phase ended and how long it took; `exit_code` is meant when the process is gone."""

    milliseconds: float
    cause: Literal["ready", "exit", "time-out"]
    exit_code: int = 0


class Runtime:
    """One start of the function's runtime: its processes, its Runtime API and what it writes.

    `start` makes one; `stop` has to follow.
    """

    def __init__(self, processes: ProcessGroup, api: RuntimeApi, output: Output, *, stack: AsyncExitStack) -> None:
        self.api = api
        self._began = time.perf_counter()
        self._processes = processes
        self._memory = MemoryWatch(processes.id)
        self._output = output
        self._stack = stack

    @classmethod
    async def start(cls, place: Place, *, log: Callable[[str], None]) -> Self:
        """Start a runtime; EnvironmentFault when the machine refuses."""
        async with AsyncExitStack() as stack:
            output = stack.enter_context(Output(log))
            api = RuntimeApi(function_name=place.configuration.name, handler=place.configuration.handler)
            await stack.enter_async_context(api)
            processes = await start_process(
                place.command(),
                variables=place.variables(runtime_api=api.address, log_descriptor=output.descriptor),
                mark=LOG_STREAM,
                folder=place.configuration.task_root,
                output=output.descriptor,
            )
            output.release()
            return cls(processes, api, output, stack=stack.pop_all())

    async def stop(self) -> None:
        """Kill the process and all its descendants, log what they still wrote and free all else."""
        self.kill()
        async with self._stack:
            await asyncio.wait({self._processes.exited}, timeout=_KILL_LIMIT)
            self._output.finish()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone or about to go."""
        return self._processes.is_killed or self._processes.exited.done()

    @property
    def peak_memory_mb(self) -> int:
        """The highest resident memory seen so far, in MB."""
        return self._memory.peak_mb

    def kill(self) -> None:
        """Kill the process and all its descendants, now; needs no event loop."""
        self._processes.kill()

    async def finish_init(self, limit: float | None) -> Ending:
        """Wait until the runtime asks for its first invocation, ends, or is `limit` seconds old."""
        return await self._finish_phase(self._began, limit)

    async def finish_invocation(self, limit: float | None) -> Ending:
        """Wait until the runtime asks for its next invocation, ends, or `limit` seconds have passed."""
        return await self._finish_phase(time.perf_counter(), limit)

    async def _finish_phase(self, began: float, limit: float | None) -> Ending:
        ready, exited = self.api.ready, self._processes.exited
        left = None if limit is None else began + limit - time.perf_counter()
        async with self._memory.sample():
            await asyncio.wait({ready, exited}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        self._output.drain()
        if ready.done():
            return Ending((ready.result() - began) * 1000, "ready")
        if exited.done():
            return Ending((time.perf_counter() - began) * 1000, "exit", exited.result())
        return Ending((limit or 0.0) * 1000, "time-out")
