"""Queues as the destinations of asynchronous invocations, through boto3."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.lambda_api import LogTails
from lambdakit.operations.dev import Service
from lambdakit.operations.dev.destinations import QueueDestinations
from lambdakit.operations.dev.invoke_api import InvokeApi
from lambdakit.operations.dev.queueing import Queueing
from tests.operations.dev.listeners import Kept

FAILING = "def handler(event, context): raise ValueError('no tea')"


def fail_into_a_queue(functions: str, queues: str) -> Any:
    """Let a function fail whose failures go to a queue, and return what is in the queue then."""
    aws: Any = boto3
    keys = {"region_name": "us-east-1", "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "none"}
    function, queue = (
        aws.client("lambda", endpoint_url=functions, **keys),
        aws.client("sqs", endpoint_url=queues, **keys),
    )
    url = queue.create_queue(QueueName="failures")["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function.put_function_event_invoke_config(
        FunctionName="shop", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    function.invoke(FunctionName="shop", InvocationType="Event", Payload=b'{"order": 7}')
    [message] = queue.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    return json.loads(message["Body"])


def test_an_event_that_fails_ends_in_the_queue_for_failures(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FAILING)

    def configure() -> Mapping[str, FunctionConfiguration]:
        return {"shop": FunctionConfiguration(handler="app.handler", task_root=tmp_path, name="shop")}

    async def work() -> Any:
        queueing, tails = Queueing(tmp_path / "queues" / "queues.sqlite", 0, is_needed=True), LogTails()
        parts = [InvokeApi(0, tails, QueueDestinations(queueing).find), queueing]
        async with asyncio.timeout(60), Service(configure, parts, Kept(), keep=[tails.record]) as service:
            addresses = [each.address for each in service.running]
            return await asyncio.to_thread(fail_into_a_queue, *addresses)

    record = asyncio.run(work())
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"] == {"order": 7}
    assert record["responsePayload"]["errorMessage"] == "no tea"


@pytest.mark.parametrize(
    "arn", ["arn:aws:sqs:us-east-1:123456789012:a.fifo", "arn:aws:sns:us-east-1:123456789012:a", "failures"]
)
def test_other_destinations_lead_nowhere(tmp_path: Path, arn: str) -> None:
    assert QueueDestinations(Queueing(tmp_path / "queues.sqlite", 0, is_needed=True)).find(arn) is None
