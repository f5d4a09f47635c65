"""A queue that a function reads by itself, as its event source mapping does on AWS."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from anyio.from_thread import BlockingPortal

from lambdakit.emulator.front_doors import Invocable
from lambdakit.emulator.polling import Delivery, Poller
from lambdakit.emulator.queues import Broker, Draft
from lambdakit.operations.event_factories.values import as_text
from lambdakit.project import QueueTrigger
from lambdakit.testing.queue import Message

_LOOK_SECONDS = 0.02
_AT_ONCE = 10
_COUNTS = "ApproximateNumberOfMessages"


class LiveQueue:
    """Takes messages from a test, or from boto3 with `endpoint_url=address` and `QueueUrl=url`.

    A message that fails is delivered again at once, and goes to the dead letters after the declared retries.
    """

    def __init__(self, broker: Broker, poller: Poller, portal: BlockingPortal, deliveries: list[Delivery]) -> None:
        self._queues = broker.queues
        self._names = poller.names
        self._portal = portal
        self.deliveries = deliveries
        """What became of each batch so far."""
        self.address = broker.address
        self.url = broker.url(poller.names.queue)

    def send(self, *bodies: Any, group: str | None = None) -> None:
        """Send messages: texts, or what JSON can say; a FIFO queue has them in groups."""
        is_fifo = self._names.queue.endswith(".fifo")
        for body in bodies:
            draft = Draft(as_text(body), {}, group_id=(group or "default") if is_fifo else group)
            self._portal.call(self._queues.send, self._names.queue, draft)

    def wait_until_empty(self, seconds: float = 30.0) -> None:
        """Wait until every message has been dealt with or is a dead letter.

        Raises:
            TimeoutError: Some are left after so many seconds.
        """
        deadline = time.monotonic() + seconds
        while left := self._portal.call(self._count):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} messages are left in {self._names.queue} after {seconds:g} seconds")
            time.sleep(_LOOK_SECONDS)

    async def _count(self) -> int:
        attributes = await self._queues.run(
            lambda connection, now, catalog: catalog.describe(connection, now, self._names.queue)
        )
        return sum(int(value) for name, value in attributes.items() if name.startswith(_COUNTS))

    def dead_letters(self) -> list[Message]:
        """Return the messages that failed for good, and keep them for nobody else."""
        found: list[Message] = []
        while messages := self._portal.call(partial(self._queues.receive, self._names.dead_letters, count=_AT_ONCE)):
            found += [Message(each.message_id, each.body) for each in messages]
            for each in messages:
                self._portal.call(self._queues.delete, self._names.dead_letters, each.handle)
        return found


@asynccontextmanager
async def open_queue(
    function: Invocable, name: str, trigger: QueueTrigger, portal: BlockingPortal
) -> AsyncGenerator[LiveQueue]:
    """Let a function read a queue of its own, in a file that is gone afterwards."""
    deliveries: list[Delivery] = []
    folder = await asyncio.to_thread(TemporaryDirectory)
    try:
        async with (
            Broker(Path(folder.name) / "queues.sqlite3") as broker,
            Poller(function, broker.queues, name, trigger, note=deliveries.append, retry_after=0) as poller,
        ):
            yield LiveQueue(broker, poller, portal, deliveries)
    finally:
        await asyncio.to_thread(folder.cleanup)
