import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Self

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.limits.cpu_share import CpuLimit, limit_cpu
from lambdakit.emulator.limits.memory import MemoryWatch
from lambdakit.emulator.logs.output import Output
from lambdakit.emulator.processes.control_group import ControlGroup, find_places
from lambdakit.emulator.processes.family import CENSUS
from lambdakit.emulator.processes.guard import GUARD
from lambdakit.emulator.processes.process import ProcessGroup
from lambdakit.emulator.runtime.runtime import Ending, Runtime
from lambdakit.emulator.runtime_api.answer import Answer
from lambdakit.emulator.runtime_api.api import RuntimeApi
from lambdakit.emulator.runtime_api.extensions import ShutdownReason
from lambdakit.emulator.runtime_api.restoring import Credentials
from lambdakit.emulator.snapstart.holder import Holder, make_api
from lambdakit.emulator.snapstart.report import Report
from lambdakit.emulator.snapstart.scratch import own_scratch
from lambdakit.emulator.snapstart.starting import MARK, credential_variables


class Restored(Runtime):
    """A runtime that goes on from a snapshot."""

    def __init__(
        self,
        processes: ProcessGroup,
        api: RuntimeApi,
        output: Output,
        *,
        report: Report,
        began: float,
        memory: MemoryWatch,
        cpu_limit: CpuLimit,
        stack: AsyncExitStack,
    ) -> None:
        super().__init__(processes, api, output, memory=memory, cpu_limit=cpu_limit, stack=stack)
        self._report = report
        self._began = began
        self._is_stopping = False

    @classmethod
    async def restore(
        cls,
        place: Place,
        holder: Holder,
        credentials: Credentials,
        *,
        log: Callable[[str], None],
        is_examined: bool,
    ) -> Self:
        """Restore it; with `is_examined` it says what is the same in all. EnvironmentFault when the holder is gone."""
        began, configuration = time.perf_counter(), place.configuration
        async with AsyncExitStack() as stack:
            output, report = stack.enter_context(Output(log)), stack.enter_context(Report())
            api = await stack.enter_async_context(make_api(place, credentials))
            _open(api, holder)
            scratch = await asyncio.to_thread(stack.enter_context, own_scratch(place)) if place.is_isolated else None
            order = {"variables": _variables(api, credentials), "is_examined": is_examined, "scratch": scratch}
            processes = await _fork(holder, order, [output.descriptor, report.descriptor])
            output.release()
            report.release()
            return cls(
                processes,
                api,
                output,
                report=report,
                began=began,
                memory=_watch_memory(processes, configuration),
                cpu_limit=_limit_cpu(processes, configuration, stack),
                stack=stack.pop_all(),
            )

    async def stop(self, reason: ShutdownReason) -> None:
        """End it as any runtime, once: its environment may ask for that, and the snapshot when that is given up."""
        if not self._is_stopping:
            self._is_stopping = True
            await super().stop(reason)

    def on_stop(self, function: Callable[[], None]) -> None:
        """Call a function when this stops."""
        self._stack.callback(function)

    async def finish_restore(self, limit: float | None) -> Ending:
        """Wait until the runtime asks for its first invocation, ends, or the restore is `limit` seconds old."""
        return await self._finish_phase(self._began, self.api.ready, limit)

    @property
    def restore_error(self) -> Answer | None:
        """What an after-restore hook came to that failed."""
        return self.api.restoring.error if self.api.restoring else None

    def hooks_ms(self, ending: Ending) -> float:
        """Return which part of a restore the hooks took, and what the runtime does around them."""
        resumed: float | None = self._report.read().get("resumed")
        return 0.0 if resumed is None else max(ending.milliseconds - (resumed - self._began) * 1000, 0.0)

    @property
    def warnings(self) -> list[str]:
        """What it shares with every other restored environment, when the hooks have run."""
        said = self._report.read()
        return [*said.get("notes", []), *said.get("warnings", [])]


def _open(api: RuntimeApi, holder: Holder) -> None:
    api.extensions.adopt(holder.api.extensions)
    if api.restoring is not None:
        api.restoring.restore()


def _variables(api: RuntimeApi, credentials: Credentials) -> dict[str, str]:
    return {"AWS_LAMBDA_RUNTIME_API": api.address, **credential_variables(api.address, credentials)}


def _watch_memory(processes: ProcessGroup, configuration: FunctionConfiguration) -> MemoryWatch:
    # The kernel would count only what it gets from now on.
    limit = configuration.memory if configuration.is_memory_limited else None
    return MemoryWatch(processes.id, limit_mb=limit, exceed=processes.kill, is_restored=True)


def _limit_cpu(processes: ProcessGroup, configuration: FunctionConfiguration, stack: AsyncExitStack) -> CpuLimit:
    group = ControlGroup(find_places(), wanted=["cpu"] if configuration.is_cpu_shared else [])
    stack.callback(group.close)
    try:
        group.adopt(processes.id)
    except OSError:
        group = ControlGroup((), wanted=())
    return limit_cpu(processes, group, configuration)


async def _fork(holder: Holder, order: dict[str, Any], descriptors: list[int]) -> ProcessGroup:
    mark = secrets.token_hex(16)
    family = MARK, mark
    GUARD.expect(family)
    CENSUS.register(family)
    try:
        process = await holder.control.restore({**order, "mark": (MARK, holder.mark, mark)}, descriptors)
    except BaseException:
        GUARD.release(family)
        CENSUS.remove(family)
        raise
    GUARD.watch(family, process.id)
    return ProcessGroup(process.id, process.exited, family)
