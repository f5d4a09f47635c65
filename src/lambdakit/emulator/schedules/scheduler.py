"""What invokes a function at the times that it is declared for."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from lambdakit.emulator.front_doors import Invocable
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.schedules.expressions import read_schedule
from lambdakit.errors import LambdakitError

_ACCOUNT = "123456789012"
_LONGEST_SLEEP = 30.0
"""Seconds after which the clock is looked at again: a machine may sleep, and its clock may be set."""


class Firing(NamedTuple):
    """One time that a function was due; `outcome` is None where it could not be invoked, for which `note` says why."""

    function: str
    at: datetime
    outcome: Outcome | None
    note: str = ""


def encode_scheduled_event(function: str, at: datetime, *, region: str = "us-east-1") -> bytes:
    """Return the event that EventBridge sends for a schedule.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
    """
    event: dict[str, Any] = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": _ACCOUNT,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{_ACCOUNT}:rule/{function}"],
        "detail": {},
    }
    return json.dumps(event).encode()


class Scheduler:
    """Invokes a function whenever its schedule says so, and when it is told to, until it is closed.

    `function` may be replaced at any time; `note` gets each firing at its end. What is missed while the machine sleeps
    is not made up for. `clock` gives seconds since 1970, and `pause` waits for some seconds. Raises OptionError for an
    expression that EventBridge would not take.
    """

    def __init__(
        self,
        function: Invocable,
        name: str,
        expression: str,
        *,
        region: str = "us-east-1",
        note: Callable[[Firing], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.function = function
        self.name = name
        self._region = region
        self._note = note
        self._clock = clock
        self._pause = pause
        self._schedule = read_schedule(expression, start=self._now())
        self._running: set[asyncio.Task[Firing]] = set()

    @property
    def next_at(self) -> datetime | None:
        """When the function is due next, None if never again."""
        return self._schedule.next_after(self._now())

    async def __aenter__(self) -> Self:
        """Begin to wait."""
        self._waiting = asyncio.create_task(self._wait())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = (self._waiting, *self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def fire_now(self) -> Firing:
        """Invoke the function as if it was due."""
        return await self._fire(self._now())

    async def _wait(self) -> None:
        while (due := self.next_at) is not None:
            while (left := (due - self._now()).total_seconds()) > 0:
                await self._pause(min(left, _LONGEST_SLEEP))
            # An invocation may last longer than until the next one.
            task = asyncio.create_task(self._fire(due))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _fire(self, at: datetime) -> Firing:
        event = encode_scheduled_event(self.name, at, region=self._region)
        outcome, note = None, ""
        try:
            outcome = await self.function.invoke(event)
        except LambdakitError as error:
            note = f"not invoked: {error}"
        firing = Firing(self.name, at, outcome, note)
        self._note(firing)
        return firing

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
