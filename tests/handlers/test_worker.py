"""Orders as messages of a queue: in this process, and from boto3 through a local queue into an environment."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from handlers import worker
from lambdakit.testing import Events, Functions
from tests.emulator.queues.brokers import make_client

GOOD = json.dumps({"customer": "Arthur", "lines": [{"item_id": 42}]})
UNKNOWN = json.dumps({"customer": "Arthur", "lines": [{"item_id": 4711}]})
BAD = ["no JSON", "{}", UNKNOWN, json.dumps({"customer": "Arthur", "lines": []})]


@pytest.fixture
def deliver(lambda_events: Events) -> Callable[..., list[str]]:
    """Deliver messages and return those that the handler says have failed."""

    def send(*bodies: str) -> list[str]:
        event = lambda_events.sqs(*bodies)
        result: Any = worker.handler(event, None)
        named = {failure["itemIdentifier"] for failure in result["batchItemFailures"]}
        return [record["body"] for record in event["Records"] if record["messageId"] in named]

    return send


def test_orders_of_a_batch_are_placed_and_confirmed(deliver: Callable[..., list[str]]) -> None:
    before = len(worker.shop.orders())

    assert deliver(GOOD, GOOD) == []
    assert [order.status for order in worker.shop.orders()[before:]] == ["confirmed", "confirmed"]


@pytest.mark.parametrize("bad", BAD)
def test_only_an_order_that_cannot_be_placed_fails(deliver: Callable[..., list[str]], bad: str) -> None:
    before = len(worker.shop.orders())

    assert deliver(GOOD, bad) == [bad]
    assert len(worker.shop.orders()) == before + 1


def test_a_batch_of_nothing_but_failures_is_an_error(deliver: Callable[..., list[str]]) -> None:
    with pytest.raises(BatchProcessingError):
        deliver(UNKNOWN)


def test_the_service_deletes_what_has_not_failed(lambda_function: Functions) -> None:
    delivery = lambda_function("worker").queue.send(GOOD, *BAD, GOOD)

    assert delivery.failed_bodies == BAD
    assert [message.body for message in delivery.succeeded] == [GOOD, GOOD]


def test_an_order_that_cannot_be_placed_becomes_a_dead_letter(lambda_function: Functions) -> None:
    with lambda_function("worker").live_queue() as queue:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate((GOOD, UNKNOWN))]
        make_client(queue.address).send_message_batch(QueueUrl=queue.url, Entries=entries)
        queue.wait_until_empty(60)

        assert [message.body for message in queue.dead_letters()] == [UNKNOWN]
        assert sum(each.messages - each.failed for each in queue.deliveries) == 1
        # The first delivery, and the three retries that are declared.
        assert sum(each.failed for each in queue.deliveries) == 4
