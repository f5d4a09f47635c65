"""Events that nobody waits for: when they are tried again, and where their records go.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator.lambda_api import AsynchronousSettings
from tests.emulator.lambda_api.calls import Calls, open_api, run
from tests.emulator.lambda_api.test_invoking import BUSY

COUNT = """
    seen = []
    def handler(event, context):
        print("came")
        print(context.aws_request_id)
        seen.append(event)
        if len(seen) <= event["failures"]:
            raise ValueError("no tea")
        return {"attempts": len(seen)}
"""


def quick(calls: Calls, **settings: Any) -> None:
    """Let the API try again at once, and keep all records."""
    both: dict[str, Any] = {"on_success": calls.keep_record, "on_failure": calls.keep_record}
    waits: dict[str, Any] = {"error_waits": (0.01, 0.02), "throttle_wait": 0.01, "longest_throttle_wait": 0.02}
    calls.settings = AsynchronousSettings(**waits | both | settings)


async def send(calls: Calls, content: object) -> str:
    result = await calls.call("invoke", InvocationType="Event", Payload=json.dumps(content))
    assert (result["StatusCode"], result["Payload"]) == (202, b"")
    return result["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(("failures", "condition"), [(0, "Success"), (2, "Success"), (3, "RetriesExhausted")])
def test_a_function_that_fails_is_tried_two_more_times(tmp_path: Path, failures: int, condition: str) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            quick(calls)
            request_id = await send(calls, {"failures": failures})
            record = await calls.records.get()
            attempts = min(failures + 1, 3)
            assert record["requestContext"] == {
                "requestId": request_id,
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:shop:$LATEST",
                "condition": condition,
                "approximateInvokeCount": attempts,
            }
            assert calls.lines.count(request_id) == calls.lines.count("came") == attempts

    run(work)


def test_the_record_of_a_success_is_that_of_aws(tmp_path: Path) -> None:
    # The fields: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            quick(calls)
            await send(calls, {"failures": 0})
            record = dict(await calls.records.get())
            assert list(record) == [
                "version",
                "timestamp",
                "requestContext",
                "requestPayload",
                "responseContext",
                "responsePayload",
            ]
            assert record["version"] == "1.0"
            assert len(record["timestamp"]) == len("2019-11-14T18:16:05.568Z")
            assert record["requestPayload"] == {"failures": 0}
            assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
            assert record["responsePayload"] == {"attempts": 1}

    run(work)


def test_the_record_of_a_failure_holds_the_last_error(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            quick(calls, retries=0)
            await send(calls, {"failures": 9})
            record = await calls.records.get()
            assert record["responseContext"]["functionError"] == "Unhandled"
            assert record["responsePayload"]["errorType"] == "ValueError"
            assert record["requestContext"]["approximateInvokeCount"] == 1

    run(work)


def test_a_caller_does_not_wait_for_the_function(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, BUSY) as calls:
            await send(calls, {})
            await calls.wait_for("came")
            assert "done" not in calls.lines
            calls.release()
            await calls.wait_for("done")

    run(work)


def test_events_wait_until_there_is_room(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, BUSY, reserved_concurrency=1) as calls:
            quick(calls)
            for _ in range(3):
                await send(calls, {})
            await calls.wait_for("came")
            calls.release()
            records = [await calls.records.get() for _ in range(3)]
            assert {each["requestContext"]["condition"] for each in records} == {"Success"}
            assert calls.lines.count("done") == 3

    run(work)


def test_an_event_that_finds_no_room_grows_too_old(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, BUSY, reserved_concurrency=1) as calls:
            quick(calls, maximum_age=0.1)
            first = asyncio.create_task(calls.call("invoke"))
            await calls.wait_for("came")
            await send(calls, {"late": True})
            record = await calls.records.get()
            calls.release()
            await first
            assert record["requestContext"]["condition"] == "EventAgeExceeded"
            assert record["requestContext"]["approximateInvokeCount"] == 0
            assert record["requestPayload"] == {"late": True}
            assert "responsePayload" not in record

    run(work)


def test_an_event_that_failed_is_not_tried_when_it_is_too_old(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            quick(calls, maximum_age=0.0)
            await send(calls, {"failures": 9})
            record = await calls.records.get()
            assert record["requestContext"]["condition"] == "EventAgeExceeded"
            assert calls.lines.count("came") == 1

    run(work)


def test_a_function_that_may_not_run_sends_its_events_to_the_failures_at_once(tmp_path: Path) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    async def work() -> None:
        async with open_api(tmp_path, COUNT, reserved_concurrency=0) as calls:
            quick(calls)
            await send(calls, {"failures": 0})
            record = await calls.records.get()
            assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
            assert calls.lines == []

    run(work)


def test_an_event_without_a_place_for_failures_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            calls.settings = AsynchronousSettings(retries=0)
            await send(calls, {"failures": 9})
            await calls.api.drain()
            assert calls.notes == ["an event for shop is dropped: RetriesExhausted, and nothing is set for failures"]

    run(work)


def test_a_destination_that_fails_is_told(tmp_path: Path) -> None:
    async def refuse(_: object) -> None:
        raise ValueError("no queue")

    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            calls.settings = AsynchronousSettings(on_success=refuse)
            await send(calls, {"failures": 0})
            await calls.api.drain()
            assert calls.notes == ["the record of an event for shop is lost: ValueError('no queue')"]

    run(work)


def test_a_function_that_is_gone_takes_its_events_along(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            quick(calls, error_waits=(0.5,))
            await send(calls, {"failures": 9})
            await calls.wait_for("came")
            calls.functions.clear()
            await calls.api.drain()
            assert "no such function" in calls.notes[0]

    run(work)


def test_events_that_are_left_at_the_end_are_forgotten(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, COUNT) as calls:
            await send(calls, {"failures": 9})
            await calls.wait_for("came")
            await calls.api.close()
            assert calls.lines.count("came") == 1

    run(work)
