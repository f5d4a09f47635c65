"""Sends messages to a function through a local queue, and shows what became of them."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import boto3

from lambdakit.emulator import FunctionConfiguration, LocalFunction
from lambdakit.emulator.polling import Poller
from lambdakit.emulator.queues import Broker
from lambdakit.project import QueueTrigger

HERE = Path(__file__).parent


async def main(folder: Path) -> None:
    configuration = FunctionConfiguration(handler="worker.handler", task_root=HERE, name="worker")
    trigger = QueueTrigger(batch=10, retries=1, visibility=30)
    async with (
        Broker(folder / "queues.sqlite") as broker,
        LocalFunction(configuration, log=lambda line: None) as function,
        Poller(function, broker.queues, "worker", trigger, retry_after=0) as poller,
    ):
        await asyncio.to_thread(send, broker.address, broker.url(poller.names.queue))
        letters = await broker.queues.receive(poller.names.dead_letters, wait=20)
        print("dead letters:", [letter.body for letter in letters])


def send(address: str, url: str) -> None:
    aws: Any = boto3
    sqs = aws.client(
        "sqs", endpoint_url=address, region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    for body in ('{"order": 1}', "no order"):
        sqs.send_message(QueueUrl=url, MessageBody=body)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
