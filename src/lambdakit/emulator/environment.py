import asyncio
import json
import secrets
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from lambdakit.emulator.configuration import FunctionConfiguration
from lambdakit.emulator.failure import Failure, judge_init, judge_invocation
from lambdakit.emulator.interpreter import Interpreter, examine_interpreter
from lambdakit.emulator.invocation import CLIENT_CONTEXT_LIMIT, Invocation
from lambdakit.emulator.isolation import find_gap
from lambdakit.emulator.launch import Place
from lambdakit.emulator.logs import end_line, init_report_line, init_start_line, report_line, start_line
from lambdakit.emulator.outcome import Outcome, Report
from lambdakit.emulator.receiver import Receiver
from lambdakit.emulator.runtime import Ending, Runtime
from lambdakit.emulator.runtime_api import PAYLOAD_LIMIT, Answer
from lambdakit.errors import AddressInUse, EnvironmentFault, PayloadTooLarge

_NO_DEADLINE = 24 * 3600.0
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


class Environment:
    """One execution environment: a function's processes, its /tmp, and at most one invocation at a time.

    `log` gets whole records without their last newline, in order: Lambda's platform lines and what the function
    writes; a record of the `logging` module may hold newlines. Entering raises UserError (MissingExtra, AddressInUse)
    for settings that cannot work here. Leaving kills all processes and deletes /tmp.
    """

    def __init__(self, configuration: FunctionConfiguration, *, log: Callable[[str], None]) -> None:
        self._configuration = configuration
        self._log = log
        self._turn = asyncio.Lock()
        self._place: Place | None = None
        self._runtime: Runtime | None = None

    async def __aenter__(self) -> Self:
        configuration = self._configuration
        is_debugged = configuration.debug_port is not None
        interpreter = await examine_interpreter(configuration.python, is_debugged=is_debugged)
        if configuration.debug_port is not None:
            _check_port(configuration.debug_port)
        gap = await find_gap([configuration.task_root, *interpreter.folders])
        if gap is not None:
            self._log(f"lambdakit: /tmp is not the function's own (TMPDIR is) and its code is writable: {gap}")
        if _WRAPPER in configuration.variables:
            self._log(f"lambdakit: {_WRAPPER} is not emulated, the runtime starts without it")
        self._place = _settle(configuration, interpreter, is_isolated=gap is None)
        return self

    async def __aexit__(self, *_: object) -> None:
        place, self._place = self._place, None
        try:
            await self._discard()
        finally:
            if place is not None:
                shutil.rmtree(place.scratch, ignore_errors=True)

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
    ) -> Outcome:
        """Invoke the function with a JSON payload and return when the invocation is over.

        That is when the runtime asks for the next one, as on AWS, not when it answers. The first invocation, and the
        first after a time-out or crash, starts the runtime. A failing function is an Outcome; PayloadTooLarge is raised
        for what AWS would not accept. Cancelling kills the function's processes. A `receiver` gets the answer when the
        function posts it, piece by piece where it streams; the Outcome of a streamed one then has no payload.
        """
        _check_size("payload", len(payload), PAYLOAD_LIMIT)
        _check_size("client context", len(json.dumps(client_context or {})), CLIENT_CONTEXT_LIMIT)
        async with self._turn:
            try:
                return await self._invoke(str(uuid.uuid4()), payload, client_context, receiver)
            except BaseException:
                if self._runtime is not None:
                    self._runtime.kill()
                raise

    async def _invoke(
        self,
        request_id: str,
        payload: bytes,
        client_context: Mapping[str, object] | None,
        receiver: Receiver | None,
    ) -> Outcome:
        runtime, init = await self._obtain_runtime()
        milliseconds = init.milliseconds if init else None
        if init is not None and (failure := self._judge_init(request_id, runtime, init)):
            self._log(start_line(request_id))
            await self._break_off(failure)
            report = self._report(request_id, runtime, 0.0, init_duration_ms=milliseconds, failure=failure)
            return _outcome("init", failure.answer, report)
        self._log(start_line(request_id))
        ending = await self._run(runtime, request_id, payload, client_context, receiver)
        failure = judge_invocation(ending, request_id=request_id, limit=self._configuration.timeout)
        if failure is not None:
            await self._break_off(failure)
        report = self._report(request_id, runtime, ending.milliseconds, init_duration_ms=milliseconds, failure=failure)
        return _outcome("invoke", runtime.api.answer or (failure and failure.answer), report)

    async def _obtain_runtime(self) -> tuple[Runtime, Ending | None]:
        """Return a runtime and, if it had to be started, how its init ended."""
        if self._runtime is not None and not self._runtime.has_ended:
            return self._runtime, None
        await self._discard()
        if self._place is None:
            raise EnvironmentFault("the environment is closed", fix="invoke inside its `async with` block")
        self._log(init_start_line(self._place.interpreter.version, self._configuration.region))
        self._runtime = await Runtime.start(self._place, log=self._log)
        if self._configuration.debug_port is not None:
            self._log(f"lambdakit: the function waits for a debugger on 127.0.0.1:{self._configuration.debug_port}")
        return self._runtime, await self._runtime.finish_init(self._limit(self._configuration.init_timeout))

    async def _discard(self) -> None:
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await runtime.stop()

    def _limit(self, seconds: float) -> float | None:
        return seconds if self._configuration.debug_port is None else None

    def _judge_init(self, request_id: str, runtime: Runtime, init: Ending) -> Failure | None:
        limit, posted = self._configuration.init_timeout, runtime.api.init_error
        failure = judge_init(init, request_id=request_id, limit=limit, posted=posted)
        if failure is not None:
            self._log(init_report_line(init.milliseconds, failure.status, failure.error_type))
        return failure

    async def _break_off(self, failure: Failure) -> None:
        await self._discard()
        for line in failure.lines:
            self._log(line)

    async def _run(
        self,
        runtime: Runtime,
        request_id: str,
        payload: bytes,
        client_context: Mapping[str, object] | None,
        receiver: Receiver | None,
    ) -> Ending:
        limit = self._limit(self._configuration.timeout)
        invocation = Invocation(
            payload=payload,
            function_arn=self._configuration.arn,
            deadline=time.time() + (limit or _NO_DEADLINE),
            client_context=client_context,
            request_id=request_id,
        )
        runtime.api.deliver(invocation, receiver)
        return await runtime.finish_invocation(limit)

    def _report(
        self,
        request_id: str,
        runtime: Runtime,
        duration_ms: float,
        *,
        init_duration_ms: float | None,
        failure: Failure | None,
    ) -> Report:
        report = Report(
            request_id=request_id,
            duration_ms=duration_ms,
            memory_size_mb=self._configuration.memory,
            max_memory_used_mb=runtime.peak_memory_mb,
            init_duration_ms=init_duration_ms,
            status=failure.status if failure else "success",
            error_type=failure.error_type if failure else None,
        )
        self._log(end_line(request_id))
        self._log(report_line(report))
        return report


def _outcome(phase: Literal["init", "invoke"], answer: Answer | None, report: Report) -> Outcome:
    if answer is None:
        raise EnvironmentFault("the runtime asked for the next invocation without an answer to the last")
    return Outcome(
        payload=answer.payload,
        error_type=answer.error_type,
        phase=phase,
        report=report,
        is_streamed=answer.is_streamed and answer.error_type is None,
    )


def _check_size(what: str, size: int, limit: int) -> None:
    if size > limit:
        fix = f"send at most {limit}, and put what is larger into S3"
        raise PayloadTooLarge(f"the {what} has {size} bytes", fix=fix)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fix = "choose another debug port or end the process that listens there"
            raise AddressInUse(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}", fix=fix) from error


def _settle(configuration: FunctionConfiguration, interpreter: Interpreter, *, is_isolated: bool) -> Place:
    return Place(
        configuration=configuration,
        interpreter=interpreter,
        scratch=Path(tempfile.mkdtemp(prefix="lambdakit-")).resolve(),
        log_stream=f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}",
        is_isolated=is_isolated,
    )
