"""Functions that are invoked by the clock."""

import asyncio
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel

from lambdakit.emulator import Outcome, Receiver, Report
from lambdakit.emulator.schedules import Firing, Scheduler
from lambdakit.errors import OptionError, Throttled

START = 1_767_261_600.0
"""2026-01-01, 10:00 UTC."""


class Time:
    """A clock that goes on when somebody waits for it, and stands still at an end."""

    def __init__(self, *, minutes: int) -> None:
        self.now = START
        self._end = START + minutes * 60

    def clock(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        if self.now + seconds > self._end:
            await asyncio.Event().wait()
        self.now += seconds
        await asyncio.sleep(0)


class Function:
    def __init__(self, *, throttled: bool = False) -> None:
        self.events: list[dict[str, Any]] = []
        self._throttled = throttled

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None) -> Outcome:
        self.events.append(json.loads(payload))
        if self._throttled:
            raise Throttled("too many", reason="ConcurrentInvocationLimitExceeded")
        report = Report(request_id="1", duration_ms=1.0, memory_size_mb=128, max_memory_used_mb=1)
        return Outcome(payload=b"null", error_type=None, phase="invoke", report=report)


def run(expression: str, *, minutes: int, count: int, function: Function) -> list[Firing]:
    """Let time pass until a function was due so many times."""
    firings: list[Firing] = []

    async def play() -> None:
        time = Time(minutes=minutes)
        how = {"note": firings.append, "clock": time.clock, "pause": time.pause}
        async with Scheduler(function, "cleaner", expression, **how):  # pyright: ignore[reportArgumentType] (of three kinds)
            while len(firings) < count:  # noqa: ASYNC110 (time is the test's own)
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(play(), 20))
    return firings


def test_a_function_is_invoked_whenever_it_is_due() -> None:
    function = Function()
    firings = run("cron(0/20 * * * ? *)", minutes=65, count=3, function=function)

    assert [event["time"] for event in function.events] == [
        f"2026-01-01T{at}:00Z" for at in ("10:20", "10:40", "11:00")
    ]
    assert [f"{each.at:%H:%M}" for each in firings] == ["10:20", "10:40", "11:00"]
    assert all(each.outcome is not None for each in firings)


def test_the_event_is_the_one_that_eventbridge_sends() -> None:
    function = Function()
    run("rate(5 minutes)", minutes=6, count=1, function=function)
    [event] = function.events

    EventBridgeModel.model_validate(event)
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-01-01T10:05:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/cleaner"],
        "detail": {},
    }


def test_a_function_that_cannot_be_invoked_is_told_and_invoked_again() -> None:
    firings = run("rate(1 minute)", minutes=3, count=2, function=Function(throttled=True))

    assert [each.outcome for each in firings] == [None, None]
    assert firings[0].note.startswith("not invoked: too many")


def test_a_function_can_be_invoked_now() -> None:
    async def play() -> tuple[Firing, list[dict[str, Any]]]:
        time, function = Time(minutes=0), Function()
        async with Scheduler(function, "cleaner", "rate(1 day)", clock=time.clock, pause=time.pause) as scheduler:
            assert scheduler.next_at is not None
            assert scheduler.next_at.timestamp() == START + 86_400
            return await scheduler.fire_now(), function.events

    firing, events = asyncio.run(asyncio.wait_for(play(), 20))
    assert firing.outcome is not None
    assert [event["time"] for event in events] == ["2026-01-01T10:00:00Z"]


def test_a_schedule_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(OptionError, match="hours cannot be '24'"):
        Scheduler(Function(), "cleaner", "cron(0 24 * * ? *)")
