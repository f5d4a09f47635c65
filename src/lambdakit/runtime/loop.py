"""The event loop of an environment."""

import asyncio
import inspect
from asyncio import base_events
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from lambdakit.runtime.hosting import is_hosting
from lambdakit.runtime.work import track

Result = TypeVar("Result")

_GRACE = 0.1
"""Seconds that cancelled work has to end by itself."""
_MARK: Callable[[asyncio.Future[Any]], object] = getattr(base_events, "_run_until_complete_cb", lambda _: None)
"""What anyio knows a loop's main task by: the callback that `run_until_complete` gives to its task while it runs.

Kept for good, it lets worker threads outlive an invocation, which then need not go through `run_until_complete`. On a
Python without it, which tests would tell, `def` routes would start their thread anew.
"""

_hosted: list["MainLoop"] = []


def hosted_loop() -> "MainLoop | None":
    """Return the loop of our runtime, or None where it does not run this process and each app brings its own."""
    if not is_hosting():
        return None
    if not _hosted:
        _hosted.append(MainLoop(tracks_work=True))
    return _hosted[0]


class MainLoop:
    """One event loop and one main task that never ends, kept for the life of the environment.

    Worker threads, pools and other things that libraries tie to the main task live as long as it does, so that one
    invocation finds what another one left. Each piece of work runs in a task and a `contextvars` context of its own.
    """

    def __init__(self, *, tracks_work: bool = False) -> None:
        """Make a loop; one that tracks work knows what an invocation has started and left behind."""
        self._loop = asyncio.new_event_loop()
        if tracks_work:
            track(self._loop)
        self._main = self._loop.create_task(_never_end())
        self._main.add_done_callback(_MARK)
        self._watch = _Watch(self._loop)
        self._turn = 0

    def run(self, work: Coroutine[Any, Any, Result], *, seconds: float | None = None) -> Result:
        """Run work to its end, or cancel it after some seconds.

        Raises:
            TimeoutError: The time was up; work that does not end when it is cancelled stays behind and may go on
                whenever the loop runs again.
            RuntimeError: The loop is running already, or another loop runs in this thread.
        """
        self._turn += 1
        task = self._loop.create_task(self._stop_after(work, self._turn))
        self._watch.begin(task, seconds)
        try:
            while not (task.done() or self._watch.is_over):
                self._loop.run_forever()
        except BaseException:
            _discard(task, work)
            raise
        finally:
            self._watch.end()
        if self._watch.is_up and (not task.done() or task.cancelled()):
            raise TimeoutError
        return task.result()

    def serve(self, work: Coroutine[Any, Any, NoReturn], *, note_escape: Callable[[BaseException], None]) -> NoReturn:
        """Run work that never ends, and raise what it raises.

        `note_escape` is called with what other tasks raise through the loop, SystemExit or KeyboardInterrupt; it may
        raise that again.
        """
        task = self._loop.create_task(work)
        task.add_done_callback(lambda _: self._loop.stop())
        while not task.done():
            try:
                self._loop.run_forever()
            except BaseException as error:  # noqa: BLE001 (one task must not end all others)
                note_escape(error)
        raise task.exception() or AssertionError("work that never ends has ended")

    def tasks(self) -> set[asyncio.Task[Any]]:
        """Return all tasks that have not ended."""
        return asyncio.all_tasks(self._loop)

    async def _stop_after(self, work: Coroutine[Any, Any, Result], turn: int) -> Result:
        try:
            return await work
        finally:
            # Work that outlived its own turn must not end somebody else's.
            if turn == self._turn:
                self._loop.stop()

    def close(self) -> None:
        """Cancel all that is left, let it end, and close the loop."""
        self._turn += 1
        self._main.remove_done_callback(_MARK)
        leftovers = asyncio.all_tasks(self._loop)
        for task in leftovers:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*leftovers, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


class _Watch:
    """Cancels a task when its time is up, and stops the loop when the task does not end soon after.

    One timer serves one task after the other: a timer of its own for each would cost a tenth of a small request.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_up = False
        self.is_over = False
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None
        self._end_time = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, task: asyncio.Task[Any], seconds: float | None) -> None:
        self.is_up = self.is_over = False
        if seconds is None:
            return
        self._task = task
        self._end_time = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._end_time:
            self._set_timer()

    def end(self) -> None:
        self._task = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._end_time, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._task is None:
            return
        if self.is_up:
            self.is_over = True
            self._loop.stop()
        elif self._loop.time() >= self._end_time:
            self.is_up = True
            self._task.cancel()
            self._end_time += _GRACE
            self._set_timer()
        else:
            self._set_timer()


def _discard(task: asyncio.Task[Any], work: Coroutine[Any, Any, Any]) -> None:
    task.cancel()
    if inspect.getcoroutinestate(work) == inspect.CORO_CREATED:
        work.close()
    if task.done() and not task.cancelled():
        # Asked for, so that asyncio does not log it again when the interpreter is on its way out.
        task.exception()


async def _never_end() -> None:
    await asyncio.get_running_loop().create_future()
