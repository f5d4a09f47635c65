"""What the API says of functions, read by boto3 by AWS's own description of the API."""

import asyncio
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.emulator.lambda_api.calls import ECHO, open_api, run

ARN = "arn:aws:lambda:us-east-1:123456789012:function:shop"


def test_a_function_is_described_as_far_as_it_is_known_here(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, ECHO, variables={"COLOUR": "blue"}, reserved_concurrency=3) as calls:
            got = await calls.call("get_function")
            described = got["Configuration"]
            assert (described["FunctionName"], described["FunctionArn"], described["Version"]) == (
                "shop",
                ARN,
                "$LATEST",
            )
            assert (described["MemorySize"], described["Timeout"], described["Handler"]) == (512, 20, "app.handler")
            assert described["Environment"] == {"Variables": {"COLOUR": "blue"}}
            assert described["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/shop"}
            assert got["Concurrency"] == {"ReservedConcurrentExecutions": 3}
            alone = await calls.call("get_function_configuration")
            assert {name: alone[name] for name in described} == described

    run(work)


def test_boto3_waits_for_a_function_that_is_there(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            for name in ("function_exists", "function_active_v2", "function_updated_v2"):
                waiter = calls.client.get_waiter(name)
                await asyncio.to_thread(waiter.wait, FunctionName="shop", WaiterConfig={"MaxAttempts": 1})

    run(work)


def test_functions_are_listed_page_by_page(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            function = calls.functions["shop"]
            calls.functions |= {"api": function, "worker": function}
            pages = await calls.paginate("list_functions", PaginationConfig={"PageSize": 2})
            assert [len(page["Functions"]) for page in pages] == [2, 1]
            assert [page.get("NextMarker") for page in pages] == ["shop", None]

    run(work)


def test_a_function_that_is_not_there_is_not_described(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            with pytest.raises(ClientError, match="Function not found"):
                await calls.call("get_function", FunctionName="other")

    run(work)
