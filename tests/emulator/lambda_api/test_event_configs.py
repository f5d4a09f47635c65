"""What boto3 sets for the events of a function.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from pathlib import Path
from typing import Any

import pytest

from tests.emulator.lambda_api.calls import QUEUE, open_api, run
from tests.emulator.lambda_api.test_asynchronous import COUNT, send

ON_FAILURE = {"OnFailure": {"Destination": QUEUE}}
ARN = "arn:aws:lambda:us-east-1:123456789012:function:shop:$LATEST"


def test_a_failure_goes_to_the_queue_that_a_caller_has_set(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            await calls.call("put_function_event_invoke_config", MaximumRetryAttempts=0, DestinationConfig=ON_FAILURE)
            request_id = await send(calls, {"failures": 9})
            record = await calls.records.get()
            assert record["requestContext"]["requestId"] == request_id
            assert record["requestContext"]["condition"] == "RetriesExhausted"
            assert record["requestContext"]["approximateInvokeCount"] == 1

    run(work)


def test_what_was_set_is_read_changed_and_deleted(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            await calls.call("put_function_event_invoke_config", MaximumRetryAttempts=1, DestinationConfig=ON_FAILURE)
            await calls.call("update_function_event_invoke_config", MaximumEventAgeInSeconds=60)
            got = await calls.call("get_function_event_invoke_config")
            assert (got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (1, 60)
            assert (got["FunctionArn"], got["DestinationConfig"]) == (ARN, ON_FAILURE)
            await calls.call("put_function_event_invoke_config", MaximumRetryAttempts=2)
            (listed,) = (await calls.call("list_function_event_invoke_configs"))["FunctionEventInvokeConfigs"]
            assert (listed["MaximumRetryAttempts"], listed["DestinationConfig"]) == (2, {})
            assert "MaximumEventAgeInSeconds" not in listed
            await calls.call("delete_function_event_invoke_config")
            assert (await calls.call("list_function_event_invoke_configs"))["FunctionEventInvokeConfigs"] == []
            for operation in ("get_function_event_invoke_config", "delete_function_event_invoke_config"):
                status, error = await calls.refusal(operation)
                assert (status, error["Code"]) == (404, "ResourceNotFoundException")

    run(work)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"MaximumRetryAttempts": 3}, "ValidationException"),
        ({"MaximumEventAgeInSeconds": 21_601}, "ValidationException"),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:1:a"}}},
            "InvalidParameterValueException",
        ),
        ({"FunctionName": "other"}, "ResourceNotFoundException"),
    ],
)
def test_what_lambda_does_not_take_is_not_set(tmp_path: Path, arguments: dict[str, Any], code: str) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT, reserved_concurrency=0) as calls:
            _, error = await calls.refusal("put_function_event_invoke_config", **arguments)
            assert error["Code"] == code
            assert (await calls.call("list_function_event_invoke_configs"))["FunctionEventInvokeConfigs"] == []

    run(work)
