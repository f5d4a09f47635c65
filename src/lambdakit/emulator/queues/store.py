"""The one thread that reads and writes the queues' file."""

import asyncio
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Self, TypeVar

from lambdakit.emulator.queues.schema import Outlives, open_file

Result = TypeVar("Result")
Job = Callable[[sqlite3.Connection, int], Result]
"""What is done with the file, at a time in milliseconds since 1970; it happens as a whole or, if it raises, not."""

_MOST_TOGETHER = 200


class _Order(NamedTuple):
    job: Job[Any]
    future: asyncio.Future[Any]


class _Outcome(NamedTuple):
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Store:
    """Does jobs one after another, and says that one is done when the file has it.

    Jobs that wait at the same time share one transaction, so that what makes them last is paid once.
    `clock` gives seconds since 1970.
    """

    def __init__(self, path: Path, *, outlives: Outlives = "process", clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._outlives: Outlives = outlives
        self._clock = clock
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="queues", daemon=True)

    async def __aenter__(self) -> Self:
        """Open the file.

        Raises:
            QueuesInUse: Another process has it open, or it holds no queues.
        """
        self._loop = asyncio.get_running_loop()
        self._connection = open_file(self._path, self._outlives)
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._orders.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    async def run(self, job: Job[Result]) -> Result:
        """Do a job, and return its result or raise what it raises."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._orders.put(_Order(job, future))
        return await future

    def _work(self) -> None:
        while (first := self._orders.get()) is not None:
            orders, is_last = self._take_more(first)
            outcomes = self._do_together(orders)
            self._loop.call_soon_threadsafe(_deliver, outcomes)
            if is_last:
                return

    def _take_more(self, first: _Order) -> tuple[list[_Order], bool]:
        orders = [first]
        try:
            for _ in itertools.repeat(None, _MOST_TOGETHER):
                order = self._orders.get_nowait()
                if order is None:
                    return orders, True
                orders.append(order)
        except Empty:
            pass
        return orders, False

    def _do_together(self, orders: list[_Order]) -> list[_Outcome]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._do(order) for order in orders if not order.future.cancelled()]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return [_Outcome(order.future, error=error) for order in orders]
        return outcomes

    def _do(self, order: _Order) -> _Outcome:
        self._connection.execute("SAVEPOINT job")
        try:
            result = order.job(self._connection, int(self._clock() * 1000))
        except Exception as error:  # noqa: BLE001 (it belongs to whoever asked for the job)
            self._connection.execute("ROLLBACK TO job")
            return _Outcome(order.future, error=error)
        finally:
            self._connection.execute("RELEASE job")
        return _Outcome(order.future, result)


def _deliver(outcomes: list[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
