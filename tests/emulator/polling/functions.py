"""A function in this process that answers as a test tells it, and a poller before it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lambdakit.emulator import Outcome, Receiver, Report
from lambdakit.emulator.polling import Delivery, Poller
from lambdakit.emulator.queues import Draft, Queues, Store
from lambdakit.project import QueueTrigger

BOUND = 20.0


class Scripted:
    """Answers each event with what `answer` returns; it may raise as an environment does."""

    def __init__(self, answer: Callable[[list[dict[str, Any]]], Any] = lambda _: None) -> None:
        self._answer = answer
        self.events: list[list[dict[str, Any]]] = []
        self.running = 0
        self.most_running = 0
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None) -> Outcome:
        records = json.loads(payload)["Records"]
        self.events.append(records)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.goes_on.wait()
            return make_outcome(self._answer(records))
        finally:
            self.running -= 1

    @property
    def bodies(self) -> list[list[str]]:
        return [[record["body"] for record in event] for event in self.events]


class Failed:
    """What a script returns in place of a result when the function is to fail."""


def make_outcome(result: Any) -> Outcome:
    report = Report(request_id="1", duration_ms=1.0, memory_size_mb=128, max_memory_used_mb=1)
    error = "ValueError" if result is Failed else None
    payload = result if isinstance(result, bytes) else json.dumps({} if error else result).encode()
    return Outcome(payload=payload, error_type=error, phase="invoke", report=report)


class Polled:
    """Queues in a file, and what a poller has delivered from them."""

    def __init__(self, queues: Queues) -> None:
        self.queues = queues
        self.deliveries: list[Delivery] = []
        self.noted: list[tuple[str, str]] = []
        self._changed = asyncio.Condition()

    def note(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)

    async def send(self, bodies: Sequence[str], *, group: str | None = None, queue: str = "worker") -> None:
        for body in bodies:
            await self.queues.send(queue, Draft(body, {}, group_id=group))

    async def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, looking whenever others have had their turn."""
        async with asyncio.timeout(BOUND):
            while not is_so():  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.01)

    async def left(self, queue: str = "worker") -> tuple[int, int]:
        """Return how many messages are visible and in flight."""
        found = await self.queues.run(lambda connection, now, catalog: catalog.describe(connection, now, queue))
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


@asynccontextmanager
async def polled(
    folder: Path, function: Scripted, trigger: QueueTrigger, *, first: Sequence[str] = (), retry_after: int | None = 0
) -> AsyncGenerator[Polled]:
    """Poll a queue `worker` into a function; `first` is there before the poller is."""
    noted: list[tuple[str, str]] = []
    queues = Queues(Store(folder / "queues.sqlite"), note=lambda name, what: noted.append((name, what)))
    async with queues:
        run = Polled(queues)
        run.noted = noted
        if first:
            await queues.declare("worker", {})
            await run.send(first)
        async with Poller(function, queues, "worker", trigger, note=run.note, retry_after=retry_after):
            yield run
