import asyncio
import math
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Literal, Self, TypedDict

from lambdakit.emulator.hosting import Gate, Host, Start
from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.launching.settling import settle
from lambdakit.emulator.logs import platform_events
from lambdakit.emulator.logs.journal import Journal, Record
from lambdakit.emulator.outcome import Outcome, Report
from lambdakit.emulator.runtime.failure import Failure, judge_invocation
from lambdakit.emulator.runtime.runtime import Ending, Runtime
from lambdakit.emulator.runtime.stillness import StillnessWatch
from lambdakit.emulator.runtime_api.answer import Answer
from lambdakit.emulator.runtime_api.delivery import Delivery
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.runtime_api.payloads import check_payload
from lambdakit.emulator.runtime_api.receiver import Receiver
from lambdakit.emulator.snapstart import Snapshots
from lambdakit.errors import EnvironmentFault, Throttled

_NO_DEADLINE = 24 * 3600.0


class InvokeOptions(TypedDict, total=False):
    """What `Environment.invoke` can be told beside the event, for what passes it on."""

    client_context: Mapping[str, object] | None
    receiver: Receiver | None
    request_id: str | None


class Environment:
    """One execution environment: a function's processes, its /tmp, and at most one invocation at a time.

    With `max_concurrency` it takes that many, as Managed Instances do, and is never frozen. `log` gets whole records
    without their last newline, in order: Lambda's platform lines and what the function writes; a record of the
    `logging` module may hold newlines. `keep` gets the same with what is known about each. Inits run inside a context
    that `gate` makes. With the configuration's `snapstart` it is restored from one of `snapshots`, by default of its
    own. Entering raises UserError (MissingExtra, AddressInUse) for settings that cannot work here.
    Leaving kills all processes and deletes /tmp.
    """

    def __init__(
        self,
        configuration: FunctionConfiguration,
        *,
        log: Callable[[str], None],
        keep: Callable[[Record], None] | None = None,
        gate: Gate = nullcontext,
        snapshots: Snapshots | None = None,
    ) -> None:
        self._configuration = configuration
        self._journal = Journal(configuration.name, log, keep, configuration.log_settings)
        self._gate = gate
        self._own_snapshots: Snapshots | None = None
        if configuration.snapstart and snapshots is None:
            snapshots = self._own_snapshots = Snapshots(configuration, log=log, keep=keep)
        self._snapshots = snapshots
        self._room = asyncio.Semaphore(configuration.max_concurrency or 1)
        self._place: Place | None = None
        self._host: Host | None = None
        self._stillness = StillnessWatch(self._journal.write_platform)

    async def __aenter__(self) -> Self:
        self._place = await settle(self._configuration, self._journal.write_platform)
        self._journal.stream = self._place.log_stream
        self._host = Host(self._place, self._journal, self._gate, snapshots=self._snapshots)
        return self

    async def __aexit__(self, *_: object) -> None:
        host, self._host = self._host, None
        place, self._place = self._place, None
        try:
            await self._stillness.finish()
        finally:
            await self._close(host, place)

    async def _close(self, host: Host | None, place: Place | None) -> None:
        try:
            if host is not None:
                await host.close()
            if self._own_snapshots is not None:
                await self._own_snapshots.close()
        finally:
            if place is not None:
                shutil.rmtree(place.scratch, ignore_errors=True)

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
        request_id: str | None = None,
    ) -> Outcome:
        """Invoke the function with a JSON payload and return when the invocation is over.

        That is when the runtime asks for the next one, as on AWS, not when it answers; `receiver` gets the answer as
        it is posted, and the Outcome of a streamed one then has no payload. The first invocation, and the first after
        a time-out or crash, starts the runtime; on Managed Instances a time-out leaves it alone. `request_id` is by
        default a new one; on AWS attempts at the same event share theirs. A failing function is an Outcome;
        PayloadTooLarge is raised for what AWS would not accept, and Throttled by an environment of Managed Instances
        whose workers are all busy. Cancelling kills the function's processes, except where others have invocations in
        them.
        """
        check_payload(payload, client_context)
        async with self._room:
            request_id = request_id or str(uuid.uuid4())
            try:
                return await self._invoke(request_id, payload, client_context, receiver)
            except BaseException:
                if self._host is not None and self._configuration.max_concurrency is None:
                    self._host.kill()
                raise
            finally:
                self._journal.end(request_id)

    async def start(self) -> Answer | None:
        """Start the runtime ahead of the first invocation, and return the error if its init fails."""
        if self._host is None:
            raise EnvironmentFault("the environment is closed", fix="start it inside its `async with` block")
        async with self._room:
            start = await self._host.obtain(str(uuid.uuid4()))
            if start.failure is not None:
                await self._break_off(self._host, start.runtime, start.failure)
                return start.failure.answer
            if self._is_frozen:
                self._stillness.begin(start.runtime, children=start.runtime.freeze())
            return None

    def kill(self) -> None:
        """Kill the function's processes; an invocation fails, and the next one starts them anew."""
        if self._host is not None:
            self._host.kill()

    async def pause(self, seconds: float) -> None:
        """Let the environment stand still for a while, as between invocations that are far apart."""
        async with self._room:
            await asyncio.sleep(seconds)

    async def _invoke(
        self,
        request_id: str,
        payload: bytes,
        client_context: Mapping[str, object] | None,
        receiver: Receiver | None,
    ) -> Outcome:
        if self._host is None:
            raise EnvironmentFault("the environment is closed", fix="invoke inside its `async with` block")
        self._stillness.end()
        host, start = self._host, await self._find_room(self._host, request_id)
        self._journal.begin(request_id)
        self._journal.write_event(platform_events.start(request_id))
        if start.failure is not None:
            await self._break_off(host, start.runtime, start.failure)
            if receiver is not None:
                receiver.end(start.failure.answer)
            report = self._report(request_id, start, start.failure)
            phase = "init" if start.restore_ms is None else "restore"
            return _outcome(phase, start.failure.answer, report)
        limit = self._limit(start)
        invocation = self._make_invocation(request_id, payload, client_context, limit)
        delivery, ending = await start.runtime.run(invocation, receiver, limit)
        failure = judge_invocation(ending, request_id=request_id, limit=self._configuration.timeout)
        if failure is not None and self._outlives(ending):
            delivery.abandon(failure.answer)
        elif failure is not None:
            await self._break_off(host, start.runtime, failure)
            delivery.abandon(failure.answer)
        elif self._is_frozen:
            self._stillness.begin(start.runtime, children=start.runtime.freeze())
        report = self._report(request_id, start, failure, milliseconds=ending.milliseconds, delivery=delivery)
        return _outcome("invoke", delivery.answer, report)

    async def _find_room(self, host: Host, request_id: str) -> Start:
        """Return a start whose runtime can take an invocation, or that has failed; Throttled when it has no room."""
        start = await host.obtain(request_id)
        if start.failure is not None or await start.runtime.find_slot():
            return start
        if not start.runtime.has_ended:
            raise _refuse(self._configuration.name)
        # The last of the workers can be gone a moment before the runtime is; one that has ended is replaced once.
        return start if start.is_cold else await self._find_room(host, request_id)

    def _outlives(self, ending: Ending) -> bool:
        """Whether the environment goes on: on Managed Instances a time-out or a worker's end fails one invocation.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
        """
        return ending.cause in {"time-out", "worker"} and self._configuration.max_concurrency is not None

    @property
    def _is_frozen(self) -> bool:
        configuration = self._configuration
        return configuration.is_frozen and configuration.debug_port is None and configuration.max_concurrency is None

    def _limit(self, start: Start) -> float | None:
        if self._configuration.debug_port is not None:
            return None
        return max(self._configuration.timeout - start.inline_ms / 1000, 0.0)

    def _make_invocation(
        self, request_id: str, payload: bytes, client_context: Mapping[str, object] | None, limit: float | None
    ) -> Invocation:
        return Invocation(
            payload=payload,
            function_arn=self._configuration.arn,
            deadline=time.time() + (_NO_DEADLINE if limit is None else limit),
            client_context=client_context,
            request_id=request_id,
        )

    async def _break_off(self, host: Host, runtime: Runtime, failure: Failure) -> None:
        await host.discard("TIMEOUT" if failure.status == "timeout" else "FAILURE", runtime)
        for line in failure.lines:
            self._journal.write_platform(line)

    def _report(
        self,
        request_id: str,
        start: Start,
        failure: Failure | None,
        *,
        milliseconds: float = 0.0,
        delivery: Delivery | None = None,
    ) -> Report:
        report = Report(
            request_id=request_id,
            duration_ms=start.inline_ms + milliseconds,
            memory_size_mb=self._configuration.memory,
            max_memory_used_mb=start.runtime.peak_memory_mb,
            init_duration_ms=start.init_ms,
            restore_duration_ms=start.restore_ms,
            billed_restore_duration_ms=math.ceil(start.hooks_ms),
            status=failure.status if failure else "success",
            error_type=failure.error_type if failure else None,
            is_cold=start.is_cold,
        )
        done = platform_events.runtime_done(
            report,
            duration_ms=milliseconds,
            produced_bytes=delivery.produced_bytes if delivery else 0,
            spans=delivery.timeline.spans(milliseconds) if delivery else (),
        )
        self._journal.write_event(done)
        self._journal.write_event(platform_events.report(report))
        return report


def _outcome(phase: Literal["init", "restore", "invoke"], answer: Answer | None, report: Report) -> Outcome:
    if answer is None:
        raise EnvironmentFault("the runtime asked for the next invocation without an answer to the last")
    return Outcome(
        payload=answer.payload,
        error_type=answer.error_type,
        phase=phase,
        report=report,
        is_streamed=answer.is_streamed and answer.error_type is None,
    )


def _refuse(name: str) -> Throttled:
    return Throttled(
        "no worker of the environment is free",
        where=f"function {name}",
        fix="look for invocations that have timed out and still run",
        reason="ConcurrentInvocationLimitExceeded",
    )
