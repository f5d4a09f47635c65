"""The queues of a project, for whatever speaks to them."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from typing import Self, TypeVar

from lambdakit.emulator.queues.catalog import Catalog, Queue
from lambdakit.emulator.queues.handles import change_visibility, delete
from lambdakit.emulator.queues.moving import list_running, move_some
from lambdakit.emulator.queues.receiving import Message, Receipt, receive
from lambdakit.emulator.queues.sending import Draft, send
from lambdakit.emulator.queues.store import Store

Result = TypeVar("Result")


class Queues:
    """Sends, receives and deletes, each done when the file has it.

    `note` gets a queue's name and what a developer has to know about it: that no function takes its messages, or which
    of them went to the dead letters.
    """

    def __init__(
        self, store: Store, *, region: str = "us-east-1", note: Callable[[str, str], None] = lambda _name, _what: None
    ) -> None:
        self._store = store
        self.catalog = Catalog(region)
        self._note = note
        self._changes: dict[str, asyncio.Event] = {}
        self._taken: set[str] = set()
        self._told: set[str] = set()
        self._moves: set[asyncio.Task[None]] = set()
        self.waiting = 0
        """How many receivers wait for a message now."""

    async def __aenter__(self) -> Self:
        """Open the file, and go on with what was being moved; raises QueuesInUse."""
        await self._store.__aenter__()
        for move in await self._store.run(lambda connection, _: list_running(connection)):
            self.go_on_moving(move.handle)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._moves:
            task.cancel()
        await asyncio.gather(*self._moves, return_exceptions=True)
        await self._store.__aexit__()

    async def run(self, job: Callable[[sqlite3.Connection, int, Catalog], Result]) -> Result:
        """Do something with the file, as a whole or, if it raises, not."""
        return await self._store.run(lambda connection, now: job(connection, now, self.catalog))

    async def work_on(self, name: str, job: Callable[[sqlite3.Connection, int, Queue], Result]) -> Result:
        """Do something with a queue that others may wait for; raises QueueRefusal where there is none."""
        result = await self.run(lambda connection, now, catalog: job(connection, now, catalog.find(connection, name)))
        self._wake(name)
        return result

    async def declare(self, name: str, attributes: Mapping[str, str]) -> None:
        """Let a queue be there with these attributes, whatever it had before; raises QueueRefusal."""

        def job(connection: sqlite3.Connection, now: int, catalog: Catalog) -> None:
            if not any(queue.name == name for queue in catalog.search(connection, name)):
                catalog.create(connection, now, name, attributes, {})
            changed = {key: value for key, value in attributes.items() if key != "FifoQueue"}
            catalog.change(connection, now, name, changed)

        await self.run(job)

    async def remove(self, name: str) -> None:
        """Delete a queue with all its messages, and let whoever waits for one know; raises QueueRefusal."""
        await self.run(lambda connection, _, catalog: catalog.delete(connection, name))
        self._wake(name)

    def take(self, name: str) -> None:
        """Know from now on that a function takes a queue's messages."""
        self._taken.add(name)
        self._told.discard(name)

    def leave(self, name: str) -> None:
        """Know from now on that no function takes a queue's messages."""
        self._taken.discard(name)

    async def send(self, name: str, draft: Draft) -> dict[str, str]:
        """Send a message, and return what SQS answers; raises QueueRefusal."""
        answer = await self.work_on(name, lambda connection, now, queue: send(connection, now, queue, draft))
        self.tell_of_idle(name)
        return answer

    def tell_of_idle(self, name: str) -> None:
        """Note, once, that a queue which got a message has no function."""
        if name not in self._taken and name not in self._told:
            self._told.add(name)
            self._note(name, "a message waits here, and no function takes it")

    async def receive(
        self, name: str, *, count: int = 10, visibility: int | None = None, wait: float | None = 0.0
    ) -> list[Message]:
        """Receive up to `count` messages, waiting `wait` seconds for the first; None is the queue's own time.

        Raises:
            QueueRefusal: There is no such queue.
        """
        loop = asyncio.get_running_loop()
        if wait is None:
            wait = float((await self.run(lambda connection, _, catalog: catalog.find(connection, name))).settings.wait)
        deadline = loop.time() + wait
        while True:
            changed = self._changes.setdefault(name, asyncio.Event())
            receipt = await self._look(name, count, visibility)
            left = deadline - loop.time()
            if receipt.messages or left <= 0:
                return receipt.messages
            pause = left if receipt.next_in is None else min(left, receipt.next_in)
            self.waiting += 1
            try:
                # Not `asyncio.wait_for`: on Python 3.11 it forgets a cancellation that comes with the change.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await changed.wait()
            finally:
                self.waiting -= 1

    async def _look(self, name: str, count: int, visibility: int | None) -> Receipt:
        def job(connection: sqlite3.Connection, now: int, catalog: Catalog) -> tuple[Receipt, Queue]:
            queue = catalog.find(connection, name)
            return receive(connection, now, queue, count, visibility, catalog), queue

        receipt, queue = await self.run(job)
        if receipt.buried and (redrive := queue.settings.redrive) is not None:
            target = redrive.target.rpartition(":")[2]
            self._wake(target)
            for message_id in receipt.buried:
                self._note(
                    name, f"message {message_id} was received {redrive.most_receives} times and moved to {target}"
                )
        return receipt

    async def delete(self, name: str, handle: str) -> None:
        """Delete a received message; raises QueueRefusal."""
        await self.work_on(name, lambda connection, now, queue: delete(connection, now, queue, handle))

    async def change_visibility(self, name: str, handle: str, seconds: int) -> None:
        """Let others have a received message after some seconds; raises QueueRefusal."""
        await self.work_on(
            name, lambda connection, now, queue: change_visibility(connection, now, queue, handle, seconds)
        )

    def go_on_moving(self, handle: str) -> None:
        """Move messages in the background until a task has ended."""
        task = asyncio.create_task(self._move(handle))
        self._moves.add(task)
        task.add_done_callback(self._moves.discard)

    async def _move(self, handle: str) -> None:
        while True:
            step = await self.run(lambda connection, now, catalog: move_some(connection, now, catalog, handle))
            for name in step.woken:
                self._wake(name)
            if step.is_last:
                return
            await asyncio.sleep(step.pause)

    def _wake(self, name: str) -> None:
        if (changed := self._changes.pop(name, None)) is not None:
            changed.set()
