"""Invoking functions with boto3, which reads the answers by AWS's own description of the API."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.emulator.lambda_api.calls import open_api, run

BUSY = """
    import time
    from pathlib import Path
    def handler(event, context):
        print("came")
        while not Path("go").exists():
            time.sleep(0.01)
        print("done")
"""


def test_a_function_is_invoked_by_name_and_answers(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            context = base64.b64encode(json.dumps({"custom": {"tenant": "blue"}}).encode()).decode()
            result = await calls.call("invoke", Payload=b'{"a": 1}', ClientContext=context)
            answer = json.loads(result["Payload"])
            assert (result["StatusCode"], result["ExecutedVersion"]) == (200, "$LATEST")
            assert "FunctionError" not in result
            assert (answer["event"], answer["custom"]) == ({"a": 1}, {"tenant": "blue"})
            assert answer["id"] == result["ResponseMetadata"]["RequestId"]

    run(work)


@pytest.mark.parametrize(
    ("name", "qualifier"),
    [
        ("shop", "$LATEST"),
        ("shop:$LATEST", None),
        ("shop:$LATEST", "$LATEST"),
        ("arn:aws:lambda:us-east-1:123456789012:function:shop", None),
        ("arn:aws:lambda:us-east-1:123456789012:function:shop:$LATEST", None),
        ("123456789012:function:shop", None),
    ],
)
def test_every_form_of_a_name_leads_to_the_function(tmp_path: Path, name: str, qualifier: str | None) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            extra = {"Qualifier": qualifier} if qualifier else {}
            result = await calls.call("invoke", FunctionName=name, InvocationType="DryRun", **extra)
            assert result["StatusCode"] == 204
            assert result["Payload"] == b""
            assert calls.lines == []

    run(work)


@pytest.mark.parametrize(
    ("arguments", "status", "code", "message"),
    [
        # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
        (
            {"FunctionName": "shopping"},
            404,
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:shopping",
        ),
        (
            {"Qualifier": "7"},
            404,
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:shop:7",
        ),
        ({"FunctionName": "210987654321:function:shop"}, 404, "ResourceNotFoundException", "Function not found"),
        (
            {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:shop"},
            404,
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        ),
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/troubleshooting.html
        (
            {"FunctionName": "shop:1", "Qualifier": "2"},
            400,
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
        ({"FunctionName": "sh op"}, 400, "ValidationException", "at 'functionName' failed to satisfy constraint"),
        ({"InvocationType": "Later"}, 400, "ValidationException", "[RequestResponse, Event, DryRun]"),
        ({"LogType": "Head"}, 400, "ValidationException", "[None, Tail]"),
        ({"Payload": b"{"}, 400, "InvalidRequestContentException", "Could not parse request body into json"),
        ({"Payload": b"{", "InvocationType": "Event"}, 400, "InvalidRequestContentException", "Could not parse"),
        ({"ClientContext": "e30"}, 400, "InvalidRequestContentException", "valid Base64-encoded JSON object"),
        ({"ClientContext": "W10="}, 400, "InvalidRequestContentException", "valid Base64-encoded JSON object"),
        ({"ClientContext": "e" * 3584}, 400, "InvalidParameterValueException", "3583"),
        ({"TenantId": "blue"}, 400, "InvalidParameterValueException", "tenancy"),
        (
            {"Payload": b'"%s"' % (b"x" * 6_291_455)},
            413,
            "RequestTooLargeException",
            "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
        ),
        (
            {"Payload": b'"%s"' % (b"x" * 1_048_575), "InvocationType": "Event"},
            413,
            "RequestTooLargeException",
            "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        ),
    ],
)
def test_what_lambda_refuses_is_refused(
    tmp_path: Path, arguments: dict[str, Any], status: int, code: str, message: str
) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            got, error = await calls.refusal("invoke", **arguments)
            assert (got, error["Code"]) == (status, code)
            assert message in error["Message"]
            assert calls.lines == []

    run(work)


@pytest.mark.parametrize("payload", [b'"%s"' % (b"x" * 6_291_454), b""])
def test_the_largest_payload_and_an_empty_one_are_taken(tmp_path: Path, payload: bytes) -> None:
    source = "def handler(event, context): return len(event)"

    async def work() -> None:
        async with open_api(tmp_path, source) as calls:
            result = await calls.call("invoke", Payload=payload)
            assert json.loads(result["Payload"]) == max(len(payload) - 2, 0)

    run(work)


@pytest.mark.parametrize(
    ("body", "error_type"),
    [("raise ValueError('no tea')", "ValueError"), ("__import__('os')._exit(3)", "Runtime.ExitError")],
)
@pytest.mark.parametrize("log", ["None", "Tail"])
def test_an_error_of_the_function_is_named_beside_a_200(tmp_path: Path, body: str, error_type: str, log: str) -> None:
    async def work() -> None:
        async with open_api(tmp_path, f"def handler(event, context): {body}") as calls:
            result = await calls.call("invoke", LogType=log)
            assert (result["StatusCode"], result["FunctionError"]) == (200, "Unhandled")
            assert json.loads(result["Payload"])["errorType"] == error_type

    run(work)


def test_the_end_of_the_log_comes_with_the_answer(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            print("first", event["name"])
            print("x" * event["size"])
    """

    async def work() -> None:
        async with open_api(tmp_path, source) as calls:
            answers = [
                await calls.call("invoke", LogType="Tail", Payload=json.dumps(event))
                for event in ({"name": "tea", "size": 1}, {"name": "milk", "size": 5000})
            ]
            logs = [base64.b64decode(each["LogResult"]).decode() for each in answers]
            request_id = answers[0]["ResponseMetadata"]["RequestId"]
            lines = logs[0].splitlines()
            assert lines[:2] == [f"START RequestId: {request_id} Version: $LATEST", "first tea"]
            assert lines[-1].startswith(f"REPORT RequestId: {request_id}\t")
            assert len(logs[1].encode()) == 4096
            assert "tea" not in logs[1]

    run(work)


def test_a_caller_gets_its_answer_before_the_work_after_it_ends(tmp_path: Path) -> None:
    source = """
        import asyncio
        from pathlib import Path
        from lambdakit.asgi import LambdaApp
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"tea"})
            while not Path("go").exists():
                await asyncio.sleep(0.01)
            print("done")
        handler = LambdaApp(app, lifespan="off")
    """
    event = {
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": "/"}, "domainName": "a.lambda-url.us-east-1.on.aws"},
        "isBase64Encoded": False,
    }

    async def work() -> None:
        async with open_api(tmp_path, source, runtime="lambdakit") as calls:
            result = await calls.call("invoke", Payload=json.dumps(event))
            assert json.loads(result["Payload"])["body"] == "tea"
            assert "done" not in calls.lines
            calls.release()
            await calls.wait_for("done")

    run(work)


def test_a_function_without_room_is_throttled(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, BUSY, reserved_concurrency=1) as calls:
            first = asyncio.create_task(calls.call("invoke"))
            await calls.wait_for("came")
            status, error = await calls.refusal("invoke")
            calls.release()
            assert (await first)["StatusCode"] == 200
            assert (status, error["Code"], error["Message"]) == (429, "TooManyRequestsException", "Rate Exceeded.")
            assert error["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"

    run(work)


def test_a_caller_that_hangs_up_leaves_the_function_to_its_work(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, BUSY) as calls, httpx2.AsyncClient(base_url=calls.address, timeout=20) as client:
            waiting = asyncio.create_task(client.post("/2015-03-31/functions/shop/invocations"))
            await calls.wait_for("came")
            waiting.cancel()
            calls.release()
            await calls.wait_for("done")

    run(work)


def test_a_call_that_breaks_off_does_not_reach_the_function(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            host, _, port = calls.address.removeprefix("http://").partition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            head = (
                "POST /2015-03-31/functions/shop/invocations HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n"
            )
            writer.write(head.encode() + b"{}")
            await writer.drain()
            writer.close()
            await calls.call("invoke")
            assert "hung up before its request was complete" in calls.notes[0]
            assert calls.lines.count("seen") == 1

    run(work)


def test_several_callers_each_get_their_own_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls:
            wanted = [{"number": number} for number in range(4)]
            answers = await asyncio.gather(
                *(calls.call("invoke", Payload=json.dumps(event), LogType="Tail") for event in wanted)
            )
            assert [json.loads(each["Payload"])["event"] for each in answers] == wanted
            assert all(b"seen" in base64.b64decode(each["LogResult"]) for each in answers)

    run(work)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/2015-03-31/functions/shop/invocations", 501),
        ("POST", "/2015-03-31/functions", 501),
        ("DELETE", "/2015-03-31/functions/shop", 501),
        ("GET", "/2015-03-31/event-source-mappings", 501),
        ("GET", "/2020-06-30/functions/shop/code-signing-config", 501),
        ("GET", "/", 404),
        ("GET", "/favicon.ico", 404),
    ],
)
def test_what_is_not_there_says_so(tmp_path: Path, method: str, path: str, status: int) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls, httpx2.AsyncClient(base_url=calls.address) as client:
            response = await client.request(method, path)
            assert response.status_code == status
            assert response.headers["x-amzn-errortype"].endswith("Exception")
            assert response.headers["x-amzn-requestid"]

    run(work)


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
def test_only_callers_that_mean_this_machine_are_served(tmp_path: Path, headers: dict[str, str]) -> None:
    async def work() -> None:
        async with open_api(tmp_path) as calls, httpx2.AsyncClient(base_url=calls.address) as client:
            response = await client.post("/2015-03-31/functions/shop/invocations", headers=headers)
            assert response.status_code == 403
            assert "evil.example" in calls.notes[0]

    run(work)
