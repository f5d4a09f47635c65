"""A queue in front of a function: batches of messages, and which of them fail.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from lambdakit.emulator.polling.failures import UnreadableFailures, find_failures
from lambdakit.operations.event_factories import Event, Events
from lambdakit.testing.result import Result


class Delivering(TypedDict, total=False):
    """What messages of a queue have beside their bodies, as `Events.sqs` takes it."""

    queue: str
    group: str | None
    attributes: Mapping[str, str | int | float | bytes] | None
    receive_count: int
    dead_letter_source: str | None


@dataclass(frozen=True)
class Message:
    """A message of a batch."""

    id: str
    body: str


@dataclass(frozen=True)
class Delivery:
    """What became of messages: those that `failed` would be delivered again, the others are deleted.

    `results` are those of the invocations, one for each batch.
    """

    succeeded: tuple[Message, ...]
    failed: tuple[Message, ...]
    results: tuple[Result, ...]

    @property
    def failed_bodies(self) -> list[str]:
        """What the failed messages say."""
        return [message.body for message in self.failed]


class Queue:
    """Delivers messages to a function as SQS does with `ReportBatchItemFailures`, at most `batch` at a time."""

    def __init__(self, invoke: Callable[[Event], Result], events: Events, *, batch: int) -> None:
        self._invoke = invoke
        self._events = events
        self._batch = batch

    def send(self, *bodies: Any, **options: Unpack[Delivering]) -> Delivery:
        """Deliver messages once, in order; a body is text or what JSON can say."""
        batches = [bodies[start : start + self._batch] for start in range(0, len(bodies), self._batch)]
        return _join([self.deliver(self._events.sqs(*batch, **options)) for batch in batches])

    def deliver(self, event: Event) -> Delivery:
        """Deliver a whole event of a queue."""
        result = self._invoke(event)
        messages = [Message(record["messageId"], record["body"]) for record in event["Records"]]
        failing = _failing({message.id for message in messages}, result)
        return Delivery(
            succeeded=tuple(message for message in messages if message.id not in failing),
            failed=tuple(message for message in messages if message.id in failing),
            results=(result,),
        )


def _join(deliveries: list[Delivery]) -> Delivery:
    return Delivery(
        succeeded=tuple(message for each in deliveries for message in each.succeeded),
        failed=tuple(message for each in deliveries for message in each.failed),
        results=tuple(result for each in deliveries for result in each.results),
    )


def _failing(sent: set[str], result: Result) -> set[str]:
    """Return the ids of the messages that fail: all of them where the function fails, or names what was not sent."""
    if result.failed:
        return sent
    try:
        return find_failures(result.outcome.payload, sent)
    except UnreadableFailures:
        return sent
