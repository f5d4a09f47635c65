"""Lambda's own API before the functions of a service, through boto3."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.lambda_api import LogTails
from lambdakit.operations.dev import Service
from lambdakit.operations.dev.invoke_api import InvokeApi
from tests.operations.dev.listeners import Kept

SOURCE = """
import os
def handler(event, context):
    print("hello from", context.function_name)
    return [event, os.environ["NAME"]]
"""


def call(address: str, name: str) -> tuple[Any, str]:
    aws: Any = boto3
    client = aws.client(
        "lambda",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="none",
    )
    answer = client.invoke(FunctionName=name, Payload=b"1", LogType="Tail")
    return json.loads(answer["Payload"].read()), answer["LogResult"]


def test_all_functions_of_a_service_are_called_through_one_address(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOURCE)
    kept, tails = Kept(), LogTails()

    def configure() -> Mapping[str, FunctionConfiguration]:
        return {
            name: FunctionConfiguration(handler="app.handler", task_root=tmp_path, name=name, variables={"NAME": name})
            for name in ("one", "two")
        }

    async def work() -> list[tuple[Any, str]]:
        service = Service(configure, [InvokeApi(0, tails)], kept, keep=[tails.record])
        async with asyncio.timeout(60), service:
            [running] = service.running
            return [await asyncio.to_thread(call, running.address, name) for name in ("one", "two")]

    (one, log), (two, _) = asyncio.run(work())
    assert (one, two) == ([1, "one"], [1, "two"])
    assert log
    assert [(name, source, outcome.failed) for name, source, outcome in kept.invocations] == [
        ("one", "Invoke", False),
        ("two", "Invoke", False),
    ]
