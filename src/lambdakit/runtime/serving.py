"""One event after the other: wait, answer, end what goes on after the answer, wait again."""

import logging
import os
import sys
from collections.abc import Awaitable, Coroutine
from contextvars import copy_context
from typing import Any, NoReturn, cast

from lambdakit.observability.current import current
from lambdakit.runtime.blocking import BlockWatch
from lambdakit.runtime.client import Event, ask_next, make_error, post_outcome
from lambdakit.runtime.connection import BlockingConnection
from lambdakit.runtime.failures import ReportedError, describe
from lambdakit.runtime.invocation import BlockingInvocation, make_current
from lambdakit.runtime.lifecycle import Terminated, leave_if_forked
from lambdakit.runtime.limits import note_cut, seconds_left
from lambdakit.runtime.logs.setup import Log
from lambdakit.runtime.results import make_outcome

_TRACE = "_X_AMZN_TRACE_ID"
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
            self._watch.end(event.deadline)
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
        current.set(make_current(event, is_cold_start=self._is_cold))
        try:
            invocation = BlockingInvocation(event, self._connection)
        except ReportedError as error:
            self._report_unread(event, error)
            return
        try:
            self._call(invocation)
        except Terminated:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever a handler raises is its failure, not ours)
            leave_if_forked(self._process)
            self._fail(invocation, error)
        leave_if_forked(self._process)

    def _call(self, invocation: BlockingInvocation) -> None:
        if self._answers_itself:
            self._run(self._handler.serve_invocation(invocation), invocation)
            invocation.require_answer()
            return
        result: object = self._handler(invocation.event, invocation.context)
        leave_if_forked(self._process)
        if isinstance(result, Awaitable):
            self._run(invocation.respond_with(cast("Awaitable[Any]", result)), invocation)
        else:
            invocation.post(make_outcome(result))

    def _run(self, work: Coroutine[Any, Any, None], invocation: BlockingInvocation) -> None:
        # asyncio costs more than all the rest of a start, and a plain function needs none.
        from lambdakit.runtime.asynchronous import run  # noqa: PLC0415

        if (cut_off := run(work, invocation, seconds_left(invocation))) is not None:
            note_cut(cut_off, invocation)

    def _fail(self, invocation: BlockingInvocation, error: BaseException) -> None:
        outcome = describe(error, invocation.source.request_id)
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
