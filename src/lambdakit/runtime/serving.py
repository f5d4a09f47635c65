"""One event after the other: wait, answer, end what goes on after the answer, wait again."""

import logging
import os
import sys
import time
from collections.abc import Awaitable, Coroutine
from contextvars import copy_context
from typing import Any, NoReturn, cast

from lambdakit.observability.current import Current, current
from lambdakit.runtime.blocking import BlockWatch
from lambdakit.runtime.client import Event, ask_next, make_error, post_outcome
from lambdakit.runtime.connection import SPARE, BlockingConnection
from lambdakit.runtime.failures import ReportedError, describe
from lambdakit.runtime.invocation import Invocation
from lambdakit.runtime.lifecycle import Terminated
from lambdakit.runtime.logs.setup import Log
from lambdakit.runtime.results import make_outcome

_MARGIN = 0.1
"""Seconds before the deadline at which work is cut off: enough to report that."""
_TRACE = "_X_AMZN_TRACE_ID"
_TIMED_OUT = "Sandbox.Timedout"
_logger = logging.getLogger("lambdakit.runtime")


class Server:
    """Serves a handler's events for the life of the environment."""

    def __init__(self, handler: Any, connection: BlockingConnection, log: Log) -> None:
        """Take a handler that was found, and how to reach the Runtime API and the log."""
        self._handler = handler
        self._answers_itself = hasattr(handler, "serve_invocation")
        self._connection = connection
        self._log = log
        self._is_cold = True
        self._watch = BlockWatch()
        self._process = os.getpid()

    def serve(self) -> NoReturn:
        """Serve events until the process ends.

        Raises:
            RuntimeApiFault: The Runtime API gives no more events.
        """
        while True:
            event = self._connection.run(ask_next())
            # Each invocation in a context of its own: nothing that one sets is seen by the next.
            self._watch.begin(event.deadline)
            copy_context().run(self._serve, event)
            self._watch.end()
            self._log.finish()
            if self._is_cold and (loading := sys.modules.get("lambdakit.observability.loading")) is not None:
                loading.load_pending()
            self._is_cold = False

    def _serve(self, event: Event) -> None:
        trace_id = event.headers.get("lambda-runtime-trace-id")
        if trace_id:
            os.environ[_TRACE] = trace_id
        else:
            os.environ.pop(_TRACE, None)
        tenant_id = event.headers.get("lambda-runtime-aws-tenant-id")
        current.set(Current(event.request_id, trace_id, tenant_id, event.deadline, self._is_cold))
        try:
            invocation = Invocation(event, self._connection)
        except ReportedError as error:
            self._report_unread(event, error)
            return
        try:
            self._call(invocation)
        except Terminated:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever a handler raises is its failure, not ours)
            self._leave_if_forked()
            self._fail(invocation, error)
        self._leave_if_forked()

    def _call(self, invocation: Invocation) -> None:
        if self._answers_itself:
            self._run(self._handler.serve_invocation(invocation), invocation)
            if not invocation.is_answered:
                raise ReportedError("Runtime.NoResponse", "the handler returned without an answer to the event")
            return
        result: object = self._handler(invocation.event, invocation.context)
        self._leave_if_forked()
        if isinstance(result, Awaitable):
            self._run(_answer(invocation, cast("Awaitable[Any]", result)), invocation)
        else:
            invocation.post(make_outcome(result))

    def _run(self, work: Coroutine[Any, Any, None], invocation: Invocation) -> None:
        # asyncio costs more than all the rest of a start, and a plain function needs none.
        from lambdakit.runtime.asynchronous import run  # noqa: PLC0415

        seconds = max(invocation.deadline - _MARGIN - time.time(), 0.01)
        cut_off = run(work, invocation, seconds)
        if cut_off is not None and not invocation.is_answered:
            what = f"Task timed out: {cut_off} was cut off {_MARGIN} seconds before the function's time-out"
            raise ReportedError(_TIMED_OUT, what)
        if cut_off is not None:
            _logger.error(
                "%s went on after the response and was cut off just before the function's time-out. "
                "Raise the time-out, or hand work that must be done to a queue.",
                cut_off,
            )

    def _fail(self, invocation: Invocation, error: BaseException) -> None:
        # Reading the lines of a trace takes a file descriptor, and the function may have used up all others.
        SPARE.release()
        outcome = describe(error, invocation.source.request_id)
        SPARE.restore()
        self._log.write_failure(outcome)
        if not invocation.is_answered:
            invocation.post(outcome)
        elif (stream := invocation.stream_begun) and not stream.has_ended:
            self._run(stream.fail(outcome.error_type or "Runtime.Unknown", error), invocation)

    def _report_unread(self, event: Event, error: ReportedError) -> None:
        outcome = make_error(error.error_type, error.message, event.request_id)
        self._log.write_failure(outcome)
        if problem := self._connection.run(post_outcome(event, outcome)):
            _logger.error("%s", problem)

    def _leave_if_forked(self) -> None:
        if os.getpid() != self._process:
            # A child that the handler forked came back here; only its parent may speak for the environment.
            os._exit(0)


async def _answer(invocation: Invocation, result: Awaitable[Any]) -> None:
    await invocation.respond(await result)
