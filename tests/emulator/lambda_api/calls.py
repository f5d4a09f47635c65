"""The Lambda API before functions in real environments, and boto3 as its client."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lambdakit.emulator import LocalFunction
from lambdakit.emulator.front_doors import listen
from lambdakit.emulator.lambda_api import AsynchronousSettings, Callee, LambdaApi, LogTails
from tests.emulator.functions import configure

ECHO = """
    import json
    def handler(event, context):
        custom = context.client_context.custom if context.client_context else None
        print("seen")
        return {"event": event, "id": context.aws_request_id, "custom": custom}
"""

QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
"""A destination that leads to the records of `Calls`."""


class Calls:
    """boto3's client, and what the API told the developer and the destinations."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes: list[str] = []
        self.lines: list[str] = []
        self.records: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.functions: dict[str, Callee] = {}
        self.settings = AsynchronousSettings()
        self._wrote = asyncio.Event()

    def open(self, address: str, api: LambdaApi) -> "Calls":
        self.address = address
        self.api = api
        # What `types-boto3` says of `client` is too long for a checker that has not all of its services.
        aws: Any = boto3
        self.client: Any = aws.client(
            "lambda",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(retries={"max_attempts": 0}, read_timeout=30),
        )
        return self

    def take(self, line: str) -> None:
        self.lines.append(line)
        self._wrote.set()

    async def keep_record(self, record: Mapping[str, Any]) -> None:
        await self.records.put(record)

    async def wait_for(self, line: str, times: int = 1) -> None:
        """Wait until the function has written a line so many times."""
        while self.lines.count(line) < times:
            self._wrote.clear()
            await self._wrote.wait()

    def release(self) -> None:
        """Let a function go on that waits for the file `go`."""
        (self.root / "go").touch()

    async def call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation of boto3's client in a thread; what it answers is read to its end there."""
        return await asyncio.to_thread(self._call, operation, arguments)

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        result = getattr(self.client, operation)(**{"FunctionName": "shop"} | arguments)
        if "Payload" in result:
            result["Payload"] = result["Payload"].read()
        if "EventStream" in result:
            result["EventStream"] = list(result["EventStream"])
        return result

    async def refusal(self, operation: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        """Return the status and the error that boto3 raises for an operation."""
        with pytest.raises(ClientError) as refused:
            await self.call(operation, **arguments)
        response: Any = refused.value.response
        return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"] | {"Reason": response.get("Reason")}

    async def paginate(self, operation: str, **arguments: Any) -> list[Any]:
        """Return all pages of an operation."""
        return await asyncio.to_thread(lambda: list(self.client.get_paginator(operation).paginate(**arguments)))


@contextlib.asynccontextmanager
async def open_api(folder: Path, source: str = ECHO, **settings: Any) -> AsyncGenerator[Calls]:
    configuration = configure(folder, source, **{"name": "shop", "memory": 512, "timeout": 20} | settings)
    calls, tails = Calls(configuration.task_root), LogTails()
    async with LocalFunction(configuration, log=calls.take, keep=tails.record) as function:
        calls.functions["shop"] = function
        api = LambdaApi(
            calls.functions,
            tails,
            log=calls.notes.append,
            settings=lambda _: calls.settings,
            find_destination={QUEUE: calls.keep_record}.get,
        )
        async with listen(api) as address:
            yield calls.open(address, api)
            await api.drain()
        await api.close()


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(bounded())
