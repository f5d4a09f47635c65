import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from lambdakit.emulator.front_doors.running import Running
from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.names import LATEST
from lambdakit.emulator.outcome import Outcome
from lambdakit.errors import LambdakitError, Throttled

Destination = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Gets the record of an asynchronous invocation that is over, which AWS sends as JSON.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

_Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


@dataclass(frozen=True, kw_only=True)
class AsynchronousSettings:
    """What happens to the events of a function that nobody waits for; the defaults are AWS's, all times in seconds.

    `error_waits` come between the attempts that fail, the last of them again and again; throttled events wait
    `throttle_wait`, then twice as long each time up to `longest_throttle_wait`, until they are as old as `maximum_age`.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """

    retries: int = 2
    maximum_age: float = 21_600.0
    error_waits: tuple[float, ...] = (60.0, 120.0)
    throttle_wait: float = 1.0
    longest_throttle_wait: float = 300.0
    on_success: Destination | None = None
    on_failure: Destination | None = None


@dataclass(kw_only=True)
class _Event:
    name: str
    payload: bytes
    request_id: str
    accepted: float = field(default_factory=time.monotonic)
    attempts: int = 0
    refusals: int = 0
    outcome: Outcome | None = None


class AsynchronousCalls:
    """Invokes functions with events that were accepted before, and again where they fail.

    The events are in memory: what has not been carried out when this ends is lost.
    """

    def __init__(
        self,
        functions: Mapping[str, Callee],
        settings: Callable[[str], AsynchronousSettings],
        log: Callable[[str], None],
    ) -> None:
        self._functions = functions
        self._settings = settings
        self._log = log
        self._running = Running()

    def accept(self, name: str, payload: bytes, request_id: str) -> None:
        """Take an event for a function; all attempts have the same request id."""
        self._running.start(self._carry_out(_Event(name=name, payload=payload, request_id=request_id)))

    async def drain(self) -> None:
        """Wait until every event has been carried out or given up."""
        await self._running.drain()

    async def close(self) -> None:
        """Forget the events that are left."""
        await self._running.cancel()

    async def _carry_out(self, event: _Event) -> None:
        settings = self._settings(event.name)
        condition: _Condition | None = None
        while condition is None:
            try:
                condition = await self._attempt(event, settings)
            except KeyError:
                self._log(f"an event for {event.name} is dropped: there is no such function any more")
                return
        await self._deliver(event, condition, settings)

    async def _attempt(self, event: _Event, settings: AsynchronousSettings) -> _Condition | None:
        """Try once, wait where there is to be another try, and return what the event came to otherwise."""
        function = self._functions[event.name]
        try:
            event.outcome = await function.invoke(event.payload, request_id=event.request_id)
        except LambdakitError as error:
            if isinstance(error, Throttled) and function.configuration.reserved_concurrency == 0:
                return "ZeroReservedConcurrency"
            self._log(f"an event for {event.name} waits: {error}")
            wait = min(settings.throttle_wait * 2**event.refusals, settings.longest_throttle_wait)
            event.refusals += 1
        else:
            event.attempts, event.refusals = event.attempts + 1, 0
            if not event.outcome.failed:
                return "Success"
            if event.attempts > settings.retries:
                return "RetriesExhausted"
            wait = settings.error_waits[min(event.attempts, len(settings.error_waits)) - 1]
        return await _wait(event, wait, settings.maximum_age)

    async def _deliver(self, event: _Event, condition: _Condition, settings: AsynchronousSettings) -> None:
        destination = settings.on_success if condition == "Success" else settings.on_failure
        if destination is None:
            if condition != "Success":
                self._log(f"an event for {event.name} is dropped: {condition}, and nothing is set for failures")
            return
        arn = f"{self._functions[event.name].configuration.arn}:{LATEST}"
        try:
            await destination(_describe(event, condition, arn))
        except Exception as error:  # noqa: BLE001 (whatever a destination raises, the event is over)
            self._log(f"the record of an event for {event.name} is lost: {error!r}")


async def _wait(event: _Event, seconds: float, maximum_age: float) -> _Condition | None:
    left = event.accepted + maximum_age - time.monotonic()
    await asyncio.sleep(max(min(seconds, left), 0.0))
    return "EventAgeExceeded" if seconds >= left else None


def _describe(event: _Event, condition: _Condition, arn: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
    }
    if event.outcome is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": LATEST}
        if event.outcome.failed:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = _parse(event.outcome.payload)
    return record


def _parse(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except ValueError:
        # A function that streams may answer with anything.
        return payload.decode(errors="replace")
