import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.logs import platform_events
from lambdakit.emulator.logs.journal import Journal
from lambdakit.emulator.logs.lines import restore_report_line, restore_start_line
from lambdakit.emulator.runtime.failure import Failure, judge_init
from lambdakit.emulator.runtime.runtime import Runtime
from lambdakit.emulator.runtime_api.extensions import ShutdownReason
from lambdakit.emulator.snapstart import RESTORE_LIMIT, Snapshot, Snapshots, judge_restore
from lambdakit.errors import EnvironmentFault

Gate = Callable[[], AbstractAsyncContextManager[object]]
"""Makes the context in which a runtime starts, so that not too many do at a time."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A runtime, and what it took to have it.

    `init_ms` is that of an init phase of its own, None where there was none; `inline_ms` that of an init inside the
    invocation, which counts as the invocation's own time. `restore_ms` is that of a restore, None where there was none,
    and `hooks_ms` the part of it that is billed.
    """

    runtime: Runtime
    init_ms: float | None = None
    inline_ms: float = 0.0
    restore_ms: float | None = None
    hooks_ms: float = 0.0
    failure: Failure | None = None

    @property
    def is_cold(self) -> bool:
        """Whether the runtime was started now."""
        return self.init_ms is not None or self.inline_ms > 0 or self.restore_ms is not None


class Host:
    """Has the runtime of one environment: starts it, starts it once more when init fails, replaces it when it is gone.

    An environment has one init phase. When that fails, and whenever a runtime has to be replaced, init runs inside the
    invocation, under the function's time limit. With `snapshots` there is neither: its runtimes are restored.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    def __init__(
        self, place: Place, journal: Journal, gate: Gate = nullcontext, *, snapshots: Snapshots | None = None
    ) -> None:
        self._place = place
        self._snapshots = snapshots
        self._journal = journal
        self._gate = gate
        self._turn = asyncio.Lock()
        self._runtime: Runtime | None = None
        self._had_init_phase = False
        self._is_closed = False

    async def obtain(self, request_id: str) -> Start:
        """Return a runtime that can take an invocation, or the failure of its init."""
        async with self._turn:
            if self._runtime is not None and not self._runtime.has_ended:
                return Start(runtime=self._runtime)
            await self.discard("FAILURE")
            async with self._gate():
                return await self._start(request_id)

    async def discard(self, reason: ShutdownReason, meant: Runtime | None = None) -> None:
        """End the runtime, if there is one and it is the one that is meant."""
        if meant is not None and meant is not self._runtime:
            return
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await runtime.stop(reason)

    async def close(self) -> None:
        """End the runtime, and let none start any more."""
        self._is_closed = True
        await self.discard("SPINDOWN")

    def kill(self) -> None:
        """Kill the runtime, now; needs no event loop."""
        if self._runtime is not None:
            self._runtime.kill()

    async def _start(self, request_id: str) -> Start:
        configuration = self._place.configuration
        if self._snapshots is not None:
            return await self._restore_surely(request_id, self._snapshots)
        if not self._had_init_phase:
            self._had_init_phase = True
            start = await self._attempt(request_id, "init", configuration.init_limit)
            # Nobody wants to attach a debugger twice.
            if start.failure is None or configuration.debug_port is not None:
                return start
            await self.discard("FAILURE")
        return await self._attempt(request_id, "invoke", configuration.timeout)

    async def _attempt(self, request_id: str, phase: Literal["init", "invoke"], limit: float) -> Start:
        configuration = self._place.configuration
        self._check_open()
        self._journal.write_event(platform_events.init_start(self._place.origin, phase))
        runtime = self._runtime = await Runtime.start(self._place, log=self._journal.write_function)
        if self._is_closed:
            await self.discard("SPINDOWN")
        self._check_open()
        if configuration.debug_port is not None:
            waits = f"lambdakit: the function waits for a debugger on 127.0.0.1:{configuration.debug_port}"
            self._journal.write_platform(waits)
        ending = await runtime.finish_init(limit if configuration.debug_port is None else None)
        failure = judge_init(ending, request_id=request_id, limit=limit, posted=runtime.api.init_error)
        for each in runtime.api.extensions.external:
            event = platform_events.extension(each.name, each.events, is_ready=each.is_waiting)
            self._journal.write_event(event)
        self._report(phase, failure, ending.milliseconds)
        if phase == "init":
            return Start(runtime=runtime, init_ms=ending.milliseconds, failure=failure)
        return Start(runtime=runtime, inline_ms=ending.milliseconds, failure=failure)

    async def _restore_surely(self, request_id: str, snapshots: Snapshots) -> Start:
        """Restore a runtime, from a new snapshot where the process of the last one ends at that moment."""
        snapshot = await snapshots.obtain()
        try:
            return await self._restore(request_id, snapshot)
        except EnvironmentFault:
            if self._is_closed or snapshot.is_usable:
                raise
            return await self._restore(request_id, await snapshots.obtain())

    async def _restore(self, request_id: str, snapshot: Snapshot) -> Start:
        self._check_open()
        if (failure := snapshot.judge(request_id)) is not None:
            return Start(runtime=snapshot.holder, init_ms=snapshot.ending.milliseconds, failure=failure)
        origin = self._place.origin
        line = restore_start_line(origin.python_version, origin.region)
        self._journal.write_event(platform_events.restore_start(origin, line))
        restored = self._runtime = await snapshot.restore(log=self._journal.write_function)
        if self._is_closed:
            await self.discard("SPINDOWN")
        self._check_open()
        ending = await restored.finish_restore(RESTORE_LIMIT)
        failure = judge_restore(ending, request_id=request_id, limit=RESTORE_LIMIT, posted=restored.restore_error)
        self._report_restore(failure, ending.milliseconds)
        for warning in restored.warnings:
            self._journal.write_platform(f"lambdakit: {warning}")
        hooks_ms = restored.hooks_ms(ending)
        return Start(runtime=restored, restore_ms=ending.milliseconds, hooks_ms=hooks_ms, failure=failure)

    def _report_restore(self, failure: Failure | None, milliseconds: float) -> None:
        status, error_type = ("success", None) if failure is None else (failure.status, failure.error_type)
        line = restore_report_line(milliseconds, status, error_type or "")
        self._journal.write_event(platform_events.restore_runtime_done(status, error_type))
        self._journal.write_event(platform_events.restore_report(status, error_type, milliseconds, line))

    def _report(self, phase: Literal["init", "invoke"], failure: Failure | None, milliseconds: float) -> None:
        origin = self._place.origin
        status, error_type = ("success", None) if failure is None else (failure.status, failure.error_type)
        self._journal.write_event(platform_events.init_runtime_done(origin, phase, status, error_type))
        self._journal.write_event(platform_events.init_report(origin, phase, status, error_type, milliseconds))

    def _check_open(self) -> None:
        if self._is_closed:
            raise EnvironmentFault("the environment ended before its runtime had started")
