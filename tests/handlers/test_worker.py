"""Orders as messages of a queue: in this process, and from boto3 through a local queue into an environment."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from handlers import worker
from lambdakit.emulator import FunctionConfiguration, LocalFunction
from lambdakit.emulator.polling import Delivery, Poller
from lambdakit.emulator.queues import Broker
from lambdakit.project import load
from tests.emulator.queues.brokers import make_client

ROOT = Path(__file__).parents[2]
GOOD = json.dumps({"customer": "Arthur", "lines": [{"item_id": 42}]})
UNKNOWN = json.dumps({"customer": "Arthur", "lines": [{"item_id": 4711}]})


def make_event(*bodies: str) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1767261600000"}
    return {
        "Records": [
            {"messageId": str(number), "body": body, "attributes": attributes, "eventSource": "aws:sqs"}
            for number, body in enumerate(bodies)
        ]
    }


def test_orders_of_a_batch_are_placed_and_confirmed() -> None:
    before = len(worker.shop.orders())

    assert worker.handler(make_event(GOOD, GOOD), None) == {"batchItemFailures": []}
    assert [order.status for order in worker.shop.orders()[before:]] == ["confirmed", "confirmed"]


@pytest.mark.parametrize("bad", ["no JSON", "{}", UNKNOWN, json.dumps({"customer": "Arthur", "lines": []})])
def test_only_an_order_that_cannot_be_placed_fails(bad: str) -> None:
    before = len(worker.shop.orders())

    assert worker.handler(make_event(GOOD, bad), None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(worker.shop.orders()) == before + 1


def test_a_batch_of_nothing_but_failures_is_an_error() -> None:
    with pytest.raises(BatchProcessingError):
        worker.handler(make_event(UNKNOWN), None)


def test_an_order_that_cannot_be_placed_becomes_a_dead_letter(tmp_path: Path) -> None:
    declared = load(ROOT).functions["worker"]
    trigger = declared.queue
    assert trigger is not None
    configuration = FunctionConfiguration(
        handler=declared.handler, task_root=ROOT, name="worker", memory=declared.memory, timeout=declared.timeout
    )
    deliveries: list[Delivery] = []

    async def run() -> tuple[list[str], list[str]]:
        async with (
            Broker(tmp_path / "queues.sqlite") as broker,
            LocalFunction(configuration, log=lambda _: None) as function,
            Poller(function, broker.queues, "worker", trigger, note=deliveries.append, retry_after=0) as poller,
        ):
            client = make_client(broker.address)
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate((GOOD, UNKNOWN))]
            url = broker.url(poller.names.queue)
            await asyncio.to_thread(client.send_message_batch, QueueUrl=url, Entries=entries)
            letters = await broker.queues.receive(poller.names.dead_letters, wait=60)
            left = await broker.queues.receive(poller.names.queue)
            return [letter.body for letter in letters], [message.body for message in left]

    assert asyncio.run(asyncio.wait_for(run(), 100)) == ([UNKNOWN], [])
    assert sum(each.messages - each.failed for each in deliveries) == 1
    assert sum(each.failed for each in deliveries) == trigger.retries + 1
