import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, nullcontext
from typing import Literal, NamedTuple, Self

import psutil

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.launching.variables import LOG_STREAM
from lambdakit.emulator.limits.cpu_share import CpuLimit, limit_cpu
from lambdakit.emulator.limits.memory import MemoryWatch, watch_memory
from lambdakit.emulator.logs.output import Output
from lambdakit.emulator.processes.control_group import ControlGroup, find_places
from lambdakit.emulator.processes.family import trace_children
from lambdakit.emulator.processes.process import ProcessGroup, start_process
from lambdakit.emulator.runtime.external_extensions import ExternalExtensions, list_extensions
from lambdakit.emulator.runtime.workers import Workers
from lambdakit.emulator.runtime_api.api import RuntimeApi
from lambdakit.emulator.runtime_api.delivery import Delivery
from lambdakit.emulator.runtime_api.extensions import ExtensionFailure, ShutdownReason
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.runtime_api.receiver import Receiver

_KILL_LIMIT = 10
# What an internal extension earns the function before it is killed; one without is killed at once.
_GRACE, _EXTERNAL_GRACE = 0.15, 0.3
_SHUTDOWN_LIMIT = 2.0
_SLOT_PAUSE, _SLOT_LIMIT = 0.002, 10.0


class Ending(NamedTuple):
    """How a phase ended and how long it took; `exit_code` is meant when the process is gone."""

    milliseconds: float
    cause: Literal["ready", "exit", "time-out", "extension", "worker"]
    exit_code: int = 0
    is_out_of_memory: bool = False
    extension: ExtensionFailure | None = None


class Runtime:
    """One start of the function's runtime: its processes, its Runtime API and what it writes.

    `start` makes one; `stop` has to follow.
    """

    def __init__(
        self,
        processes: ProcessGroup,
        api: RuntimeApi,
        output: Output,
        *,
        memory: MemoryWatch,
        cpu_limit: CpuLimit = nullcontext,
        companions: ExternalExtensions | None = None,
        stack: AsyncExitStack,
    ) -> None:
        self.api = api
        self._began = time.perf_counter()
        self._processes = processes
        self._cpu_limit = cpu_limit
        self._memory = memory
        self._output = output
        self._companions = companions or ExternalExtensions(api.extensions, {})
        self._workers = Workers(processes.id)
        self._stack = stack

    @classmethod
    async def start(cls, place: Place, *, log: Callable[[str], None]) -> Self:
        """Start a runtime; EnvironmentFault when the machine refuses."""
        configuration = place.configuration
        async with AsyncExitStack() as stack:
            group = ControlGroup(find_places(), wanted=_wanted_limits(configuration))
            stack.callback(group.close)
            output = stack.enter_context(Output(log))
            api = await stack.enter_async_context(_make_api(configuration))
            companions = await ExternalExtensions.start(
                place, api.extensions, group, address=api.address, output=output.descriptor
            )
            stack.callback(companions.kill)
            processes = await _start(place, group, address=api.address, output=output.descriptor)
            output.release()
            if companions:
                # Until they have registered.
                processes.hold()
            return cls(
                processes,
                api,
                output,
                memory=watch_memory(processes, group, configuration, beside=companions.process_ids),
                cpu_limit=limit_cpu(processes, group, configuration),
                companions=companions,
                stack=stack.pop_all(),
            )

    async def stop(self, reason: ShutdownReason) -> None:
        """Kill the process and all its descendants, log what they still wrote and free all else.

        A function with an extension is told first, by SIGTERM: one of its own has 150 ms, one with external extensions
        300 ms, and they then have what is left of 2 seconds.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        began = time.perf_counter()
        if self.api.has_extensions and not self._processes.is_killed and not self._processes.exited.done():
            await self._processes.terminate(_EXTERNAL_GRACE if self._companions else _GRACE)
        if self._companions and self.api.has_extensions:
            self._processes.kill()
            await self._companions.shut_down(reason, max(began + _SHUTDOWN_LIMIT - time.perf_counter(), 0.0))
        self.kill()
        async with self._stack:
            await asyncio.wait({self._processes.exited}, timeout=_KILL_LIMIT)
            await self._companions.wait_until_gone(_KILL_LIMIT)
            self._output.finish()

    @property
    def process_id(self) -> int:
        """The number of the function's first process."""
        return self._processes.id

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone or about to go, or an extension has failed."""
        is_broken = self.api.extensions.failed.done()
        return is_broken or self._processes.is_killed or self._processes.exited.done()

    @property
    def peak_memory_mb(self) -> int:
        """The highest resident memory seen so far, in MB."""
        return self._memory.peak_mb

    def kill(self) -> None:
        """Kill the process and all its descendants, now; needs no event loop."""
        self._processes.kill()
        self._companions.kill()

    async def finish_init(self, limit: float | None) -> Ending:
        """Wait until the runtime asks for its first invocation, ends, or is `limit` seconds old."""
        if self._companions:
            await self._companions.wait_until_registered(limit)
            self._processes.release()
        return await self._finish_phase(self._began, self.api.ready, limit)

    async def run(
        self, invocation: Invocation, receiver: Receiver | None, limit: float | None
    ) -> tuple[Delivery, Ending]:
        """Deliver an invocation and wait until the runtime asks for its next, ends, or `limit` seconds have passed.

        `find_slot` has to have found that it can be delivered, or that the runtime has ended.
        """
        began = time.perf_counter()
        with self._cpu_limit():
            is_taken = self.api.idle_slots or not self.has_ended
            delivery = self.api.deliver(invocation, receiver) if is_taken else Delivery(invocation, receiver)
            if not self.api.takes_many:
                return delivery, await self._finish_phase(began, delivery.ended, limit)
            lost = asyncio.create_task(self._lose_worker(delivery))
            try:
                return delivery, await self._finish_phase(began, delivery.ended, limit, lost)
            finally:
                lost.cancel()

    async def _lose_worker(self, delivery: Delivery) -> None:
        """Wait until the worker is gone that has an invocation; for ever if it stays."""
        self._workers.look()
        await asyncio.wait({delivery.carrier})
        if delivery.answered.done() or not await self._workers.blame():
            await asyncio.Future()

    async def find_slot(self) -> bool:
        """Wait a while until an invocation can be delivered, and say whether it can.

        The workers of a Managed Instance ask one after the other, and only the first ends init; one whose invocation
        has timed out is still at work.
        """
        self._companions.thaw()
        self._processes.thaw()
        deadline = time.perf_counter() + _SLOT_LIMIT
        while not self.api.idle_slots and not self.has_ended and time.perf_counter() < deadline:  # noqa: ASYNC110 (requests of processes)
            await asyncio.sleep(_SLOT_PAUSE)
        return self.api.idle_slots > 0

    def freeze(self) -> int:
        """Stop the processes until the next invocation, and return how many children had not ended."""
        self._processes.freeze()
        self._companions.freeze()
        # Whether there may be any is cheap to tell; only then is it worth the time to count them.
        return 0 if trace_children(self._processes.id) is not None else _count_children(self._processes.id)

    async def _finish_phase(
        self, began: float, ready: asyncio.Future[float], limit: float | None, lost: asyncio.Task[None] | None = None
    ) -> Ending:
        exited, failed = self._processes.exited, self.api.extensions.failed
        left = None if limit is None else began + limit - time.perf_counter()
        async with self._memory.sample():
            awaited = {ready, exited, failed, *filter(None, [lost])}
            await asyncio.wait(awaited, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        self._output.drain()
        milliseconds = (time.perf_counter() - began) * 1000
        if failed.done() and not self._memory.is_exceeded:
            return Ending(milliseconds, "extension", extension=failed.result())
        if ready.done() and not failed.done():
            return Ending((ready.result() - began) * 1000, "ready")
        if failed.done() or exited.done():
            exit_code = exited.result() if exited.done() else -signal.SIGKILL
            return Ending(milliseconds, "exit", exit_code, self._memory.is_exceeded)
        if lost is not None and lost.done():
            return Ending(milliseconds, "worker")
        return Ending((limit or 0.0) * 1000, "time-out")


def _make_api(configuration: FunctionConfiguration) -> RuntimeApi:
    return RuntimeApi(
        function_name=configuration.name,
        handler=configuration.handler,
        extensions=[path.name for path in list_extensions(configuration.extensions)],
        max_concurrency=configuration.max_concurrency or 1,
    )


async def _start(place: Place, group: ControlGroup, *, address: str, output: int) -> ProcessGroup:
    return await start_process(
        place.command(group),
        variables=place.variables(runtime_api=address, log_descriptor=output),
        mark=LOG_STREAM,
        folder=place.configuration.task_root,
        output=output,
    )


def _wanted_limits(configuration: FunctionConfiguration) -> list[str]:
    wanted = {"cpu": configuration.is_cpu_shared, "memory": configuration.is_memory_limited}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _count_children(process_id: int) -> int:
    try:
        return sum(
            each.status() != psutil.STATUS_ZOMBIE for each in psutil.Process(process_id).children(recursive=True)
        )
    except psutil.Error:
        return 0
