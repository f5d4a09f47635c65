"""What reads a queue and invokes a function with its messages, as Lambda's event source mappings do."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from lambdakit.emulator.front_doors import Invocable
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.polling.declaring import QueueNames, declare_queues, name_queues
from lambdakit.emulator.polling.event import encode_event, encode_record
from lambdakit.emulator.polling.failures import UnreadableFailures, find_failures
from lambdakit.emulator.queues import Message, Queues
from lambdakit.errors import LambdakitError, QueueRefusal, Throttled
from lambdakit.project import QueueTrigger

_LARGEST_EVENT = 6 * 1_048_576
_AT_ONCE = 10
_POLL_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_AFTER_MISHAP = 1.0
_USUAL_CONCURRENCY = 5
"""With how many batches at a time Lambda begins: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""


class Delivery(NamedTuple):
    """One batch that a function was invoked with, or could not be where `outcome` is None."""

    queue: str
    messages: int
    failed: int
    outcome: Outcome | None
    note: str = ""


class Poller:
    """Brings the messages of a function's queue to it, in batches, until it is closed.

    What the function has dealt with is deleted; all else is delivered again when it is visible again, and goes to the
    dead letters after the declared retries. `function` may be replaced at any time. `note` gets each delivery at its
    end. With `retry_after`, failed messages are visible again after so many seconds in place of the rest of their
    visibility time-out, which is what Lambda waits for.
    """

    def __init__(
        self,
        function: Invocable,
        queues: Queues,
        name: str,
        trigger: QueueTrigger,
        *,
        note: Callable[[Delivery], None] = lambda _: None,
        retry_after: int | None = None,
    ) -> None:
        self.function = function
        self.names: QueueNames = name_queues(name, trigger)
        self._queues = queues
        self._name = name
        self._trigger = trigger
        self._note = note
        self._retry_after = retry_after
        self._slots = asyncio.Semaphore(trigger.concurrency or _USUAL_CONCURRENCY)
        self._working: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Make the queues that are declared, and begin to read."""
        await declare_queues(self._queues, self._name, self._trigger)
        self._queues.take(self.names.queue)
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._queues.leave(self.names.queue)
        for task in (self._reading, *self._working):
            task.cancel()
        await asyncio.gather(self._reading, *self._working, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            await self._slots.acquire()
            task = asyncio.create_task(self._work(await self._gather_surely()))
            self._working.add(task)
            task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._slots.release()

    async def _gather_surely(self) -> list[Message]:
        """Wait for messages, and make the queue again where somebody has deleted it."""
        while True:
            try:
                return await self._gather()
            except (QueueRefusal, sqlite3.Error) as error:
                self._note(Delivery(self.names.queue, 0, 0, None, f"could not be read: {error}"))
                await asyncio.sleep(_AFTER_MISHAP)
                with contextlib.suppress(sqlite3.Error):
                    await declare_queues(self._queues, self._name, self._trigger)

    async def _gather(self) -> list[Message]:
        """Wait for a first message, and for more as long as the window is open and the batch has room."""
        loop, messages = asyncio.get_running_loop(), list[Message]()
        while not messages:
            messages = await self._receive(self._trigger.batch, _POLL_SECONDS)
        size, deadline = _size(messages), loop.time() + self._trigger.window
        try:
            while (room := self._trigger.batch - len(messages)) > 0 and size < _LARGEST_EVENT:
                left = deadline - loop.time()
                if left <= 0:
                    break
                more = await self._receive(room, left)
                messages, size = messages + more, size + _size(more)
        except asyncio.CancelledError:
            await self._release(messages, 0)
            raise
        return messages

    async def _receive(self, count: int, wait: float) -> list[Message]:
        return await self._queues.receive(self.names.queue, count=min(count, _AT_ONCE), wait=wait)

    async def _work(self, messages: list[Message]) -> None:
        """Invoke the function with a batch, in more than one event where one would be too large."""
        deadline = asyncio.get_running_loop().time() + self._trigger.visibility
        arn = self._queues.catalog.arn(self.names.queue)
        try:
            for batch, event in _split(messages, arn):
                await self._deliver(batch, event, deadline)
        except asyncio.CancelledError:
            await self._release(messages, 0)
            raise

    async def _deliver(self, batch: list[Message], event: bytes, deadline: float) -> None:
        try:
            outcome = await self._invoke(event, deadline)
        except LambdakitError as error:
            note = f"{error}. The messages stay in {self.names.queue}"
            self._note(Delivery(self.names.queue, len(batch), len(batch), None, note))
            return
        failed, note = _judge(outcome, [message.message_id for message in batch])
        done = [message for message in batch if message.message_id not in failed]
        for message in done:
            note = await self._delete(message) or note
        if self._retry_after is not None:
            await self._release([message for message in batch if message.message_id in failed], self._retry_after)
        self._note(Delivery(self.names.queue, len(batch), len(failed), outcome, note))

    async def _invoke(self, event: bytes, deadline: float) -> Outcome:
        """Invoke the function, and while it is throttled again until the messages are not the poller's any more."""
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        while True:
            try:
                return await self.function.invoke(event)
            except Throttled:
                if loop.time() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _delete(self, message: Message) -> str:
        try:
            await self._queues.delete(self.names.queue, message.handle)
        except QueueRefusal as refusal:
            return f"message {message.message_id} comes again: {refusal}"
        return ""

    async def _release(self, messages: Sequence[Message], seconds: int) -> None:
        for message in messages:
            # It may be deleted, or visible already.
            with contextlib.suppress(QueueRefusal):
                await self._queues.change_visibility(self.names.queue, message.handle, seconds)


def _size(messages: Sequence[Message]) -> int:
    return sum(len(message.body) for message in messages)


def _split(messages: list[Message], arn: str) -> list[tuple[list[Message], bytes]]:
    """Return batches with their events, each as large as an event may be at the most."""
    groups: list[tuple[list[Message], list[bytes]]] = [([], [])]
    size = 0
    for message in messages:
        record = encode_record(message, arn)
        size += len(record)
        if size > _LARGEST_EVENT - 100 and groups[-1][0]:
            groups.append(([], []))
            size = len(record)
        groups[-1][0].append(message)
        groups[-1][1].append(record)
    return [(batch, encode_event(records)) for batch, records in groups]


def _judge(outcome: Outcome, ids: list[str]) -> tuple[set[str], str]:
    """Return the messages that have failed, and what a developer has to know about it."""
    if outcome.failed:
        return set(ids), ""
    try:
        return find_failures(outcome.payload, ids), ""
    except UnreadableFailures as mistake:
        return set(ids), f"the whole batch counts as failed: {mistake}"
