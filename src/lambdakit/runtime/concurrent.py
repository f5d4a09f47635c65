"""Many events at a time in one process, as Managed Instances send them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-python-runtime.html
"""

import asyncio
import logging
import os
from collections.abc import Awaitable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from inspect import iscoroutinefunction
from typing import Any, NoReturn, cast

from lambdakit.errors import RuntimeApiFault
from lambdakit.observability.current import current
from lambdakit.runtime.asynchronous import run_beside_others
from lambdakit.runtime.blocking import BlockWatch
from lambdakit.runtime.client import Event, Outcome, ask_next, make_error, post_outcome
from lambdakit.runtime.failures import ReportedError, describe
from lambdakit.runtime.invocation import Invocation, make_current
from lambdakit.runtime.lifecycle import Terminated, expect_the_end_on, leave_if_forked
from lambdakit.runtime.limits import note_cut, seconds_left
from lambdakit.runtime.logs.setup import Log
from lambdakit.runtime.loop import MainLoop, hosted_loop
from lambdakit.runtime.waiting import WaitingConnection

_PAUSE = 1.0
"""Seconds after which a slot that gets no event asks again, while others get theirs."""
_logger = logging.getLogger("lambdakit.runtime")


class ConcurrentInvocation(Invocation):
    """One of several invocations at a time: the others go on while it is answered."""

    def __init__(self, event: Event, connection: WaitingConnection) -> None:
        super().__init__(event, connection.address)
        self._connection = connection

    async def deliver(self, outcome: Outcome) -> None:
        """Post an outcome; what is not accepted is logged. RuntimeError when the event has its answer."""
        self._take_the_answer()
        if problem := await self._connection.run(post_outcome(self.source, outcome)):
            _logger.error("%s", problem)


class ConcurrentServer:
    """Serves a handler's events, up to `slots` at a time, in one event loop.

    A plain function runs in a thread, so that it has to be safe for threads; all others share the loop's.
    """

    def __init__(self, handler: Any, address: str, log: Log, *, slots: int) -> None:
        """Take a handler that was found, the address of the Runtime API, and how many events may come at a time."""
        self._handler = handler
        self._answers_itself = hasattr(handler, "serve_invocation")
        self._is_async = iscoroutinefunction(handler) or iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004 (asks for its kind, not whether there is one)
        self._address = address
        self._log = log
        self._slots = slots
        self._failed_slots: set[int] = set()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="handler")
        self._is_cold = True
        self._watch = BlockWatch()
        self._process = os.getpid()

    def serve(self) -> NoReturn:
        """Serve events until the process ends.

        Raises:
            RuntimeApiFault: The Runtime API gives no more events.
        """
        loop = hosted_loop() or MainLoop()
        loop.serve(self._serve_all(), note_escape=_note_escape)

    async def _serve_all(self) -> NoReturn:
        expect_the_end_on(asyncio.get_running_loop())
        await asyncio.gather(*(self._serve_slot(number) for number in range(self._slots)))
        raise AssertionError("a slot serves events for ever")

    async def _serve_slot(self, number: int) -> NoReturn:
        connection = WaitingConnection(self._address)
        while True:
            event = await self._ask_next(connection, number)
            # Each invocation in a task of its own, and so in a context of its own.
            await asyncio.create_task(self._serve(event, connection))

    async def _ask_next(self, connection: WaitingConnection, number: int) -> Event:
        while True:
            try:
                event = await connection.run(ask_next())
            except RuntimeApiFault as fault:
                self._failed_slots.add(number)
                if len(self._failed_slots) == self._slots:
                    raise
                _logger.warning("one of %d slots gets no event and asks again: %s", self._slots, fault)
                await asyncio.sleep(_PAUSE)
            else:
                self._failed_slots.discard(number)
                return event

    async def _serve(self, event: Event, connection: WaitingConnection) -> None:
        current.set(make_current(event, is_cold_start=self._is_cold))
        self._is_cold = False
        self._watch.begin(event.deadline)
        try:
            await self._serve_invocation(ConcurrentInvocation(event, connection))
        except ReportedError as error:
            await self._report_unread(event, error, connection)
        finally:
            self._watch.end(event.deadline)
            self._log.finish(current.get())

    async def _serve_invocation(self, invocation: ConcurrentInvocation) -> None:
        thread: Future[Any] | None = None
        try:
            if self._answers_itself:
                await self._run(self._handler.serve_invocation(invocation), invocation)
            elif self._is_async:
                await self._run(
                    invocation.respond_with(self._handler(invocation.event, invocation.context)), invocation
                )
            else:
                thread = self._start_thread(invocation)
                await self._run(_answer_from_thread(invocation, thread), invocation)
            invocation.require_answer()
        except BaseException as error:  # noqa: BLE001 (whatever a handler raises is its failure, not ours)
            leave_if_forked(self._process)
            await self._fail(invocation, error)
        leave_if_forked(self._process)
        if thread is not None and not thread.done():
            _logger.error("a plain function cannot be cut off; its slot takes no event until it has ended")
            await asyncio.wait({asyncio.wrap_future(thread)})

    def _start_thread(self, invocation: ConcurrentInvocation) -> Future[Any]:
        return self._threads.submit(copy_context().run, self._handler, invocation.event, invocation.context)

    async def _run(self, work: Any, invocation: ConcurrentInvocation) -> None:
        cut_off = await run_beside_others(work, invocation, seconds_left(invocation))
        if cut_off is not None:
            note_cut(cut_off, invocation)

    async def _fail(self, invocation: ConcurrentInvocation, error: BaseException) -> None:
        outcome = describe(error, invocation.source.request_id)
        self._log.write_failure(outcome)
        if not invocation.is_answered:
            await invocation.deliver(outcome)
        elif (stream := invocation.stream_begun) and not stream.has_ended:
            await stream.fail(outcome.error_type or "Runtime.Unknown", error)

    async def _report_unread(self, event: Event, error: ReportedError, connection: WaitingConnection) -> None:
        outcome = make_error(error.error_type, error.message, event.request_id)
        self._log.write_failure(outcome)
        if problem := await connection.run(post_outcome(event, outcome)):
            _logger.error("%s", problem)


async def _answer_from_thread(invocation: ConcurrentInvocation, thread: Future[Any]) -> None:
    result = await asyncio.wrap_future(thread)
    await invocation.respond(await cast("Awaitable[Any]", result) if isinstance(result, Awaitable) else result)


def _note_escape(error: BaseException) -> None:
    """Log what a task has raised through the event loop, which tells no invocation that it belongs to."""
    if isinstance(error, Terminated):
        raise error
    _logger.error("a task that an invocation started raised %r, which ends that task alone", error, exc_info=error)
