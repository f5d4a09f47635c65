"""Functions in this process, which a test writes as coroutines, behind front doors on sockets."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2

from lambdakit.emulator import Outcome, Receiver, Report
from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor, listen
from tests.emulator.front_doors.functions import WITH_PRELUDE

Work = Callable[[dict[str, Any], "Posted"], Awaitable[None]]


class Posted:
    """What a function has posted so far, and to whom."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def answer(self, result: object) -> None:
        """Post a whole result."""
        self._receiver.begin("application/json", is_streamed=False)
        await self._receiver.receive(json.dumps(result).encode())
        self._receiver.end(None)

    def begin(self, content_type: str = WITH_PRELUDE) -> None:
        """Begin a stream."""
        self._receiver.begin(content_type, is_streamed=True)

    async def send(self, chunk: bytes) -> None:
        """Send a piece of a stream; ConnectionError when nobody takes it."""
        await self._receiver.receive(chunk)

    def end(self) -> None:
        """End a stream."""
        self._receiver.end(None)


class InProcess:
    """A function that a coroutine stands for; `events` are those that it got."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.events: list[dict[str, Any]] = []

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None) -> Outcome:
        assert receiver is not None
        self.events.append(json.loads(payload))
        await self._work(self.events[-1], Posted(receiver))
        report = Report(request_id="", duration_ms=1.0, memory_size_mb=128, max_memory_used_mb=1)
        return Outcome(payload=b"", error_type=None, phase="invoke", report=report)


async def echo(event: dict[str, Any], posted: Posted) -> None:
    """Answer with the event."""
    await posted.answer({"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": json.dumps(event)})


class Door:
    """A client of a front door, the function behind it and what the door told the developer."""

    client: httpx2.AsyncClient

    def __init__(self, function: InProcess) -> None:
        self.function = function
        self.notes: list[str] = []
        self._noted = asyncio.Event()

    def note(self, message: str) -> None:
        self.notes.append(message)
        self._noted.set()

    async def wait_for_note(self, part: str) -> None:
        """Wait until the developer has been told something."""
        while not any(part in note for note in self.notes):
            self._noted.clear()
            await self._noted.wait()


@contextlib.asynccontextmanager
async def open_door(via: str, work: Work = echo, *, streams: bool = False, **changes: Any) -> AsyncGenerator[Door]:
    """Open a front door with some of its service's rules changed; the client's paths begin behind its stage."""
    rules = replace(GATEWAYS[via], **changes)
    opened = Door(InProcess(work))
    door = FrontDoor(opened.function, rules, streams=streams, log=opened.note)
    prefix = f"/{rules.stage}" if rules.stage else ""
    async with listen(door) as address, httpx2.AsyncClient(base_url=address + prefix, timeout=20) as client:
        opened.client = client
        yield opened
        await door.drain()


def visit(work: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine, for a bounded time."""

    async def run() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(run())
