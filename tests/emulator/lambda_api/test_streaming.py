"""`InvokeWithResponseStream` with boto3."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.emulator.lambda_api.calls import ECHO, Calls, open_api, run

STREAM = """
    import asyncio
    from pathlib import Path
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        print("came")
        while not Path("go").exists():
            await asyncio.sleep(0.01)
        if scope["path"] == "/break":
            raise ValueError("in mid-stream")
        await send({"type": "http.response.body", "body": b" last"})
        print("done")
    from lambdakit.asgi import LambdaApp
    handler = LambdaApp(app, lifespan="off")
"""
STREAMING: dict[str, Any] = {"runtime": "lambdakit", "variables": {"LAMBDAKIT_STREAMING": "function-url"}}


def event(path: str) -> bytes:
    context = {"http": {"method": "GET", "path": path}, "domainName": "a.lambda-url.us-east-1.on.aws"}
    parts = {"rawPath": path, "rawQueryString": "", "headers": {}, "requestContext": context}
    return json.dumps({"version": "2.0", "isBase64Encoded": False, **parts}).encode()


def split(events: list[dict[str, Any]]) -> tuple[bytes, dict[str, Any]]:
    """Return the joined chunks and the end."""
    assert ["InvokeComplete" in each for each in events] == [False] * (len(events) - 1) + [True]
    return b"".join(each["PayloadChunk"]["Payload"] for each in events[:-1]), events[-1]["InvokeComplete"]


async def stream(calls: Calls, **arguments: Any) -> tuple[bytes, dict[str, Any]]:
    result = await calls.call("invoke_with_response_stream", **arguments)
    assert (result["StatusCode"], result["ExecutedVersion"]) == (200, "$LATEST")
    return split(result["EventStream"])


def test_an_answer_comes_piece_by_piece(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, STREAM, **STREAMING) as calls:
            result = await asyncio.to_thread(
                calls.client.invoke_with_response_stream, FunctionName="shop", Payload=event("/")
            )
            pieces = iter(result["EventStream"])
            received = b""
            while not received.endswith(b"first"):
                received += (await asyncio.to_thread(next, pieces))["PayloadChunk"]["Payload"]
            calls.release()
            rest, end = split(await asyncio.to_thread(list, pieces))
            assert (rest, end) == (b" last", {})
            prelude, _, body = received.partition(bytes(8))
            assert (json.loads(prelude)["statusCode"], body) == (200, b"first")

    run(work)


def test_a_stream_that_breaks_off_ends_with_its_error(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, STREAM, **STREAMING) as calls:
            calls.release()
            body, end = await stream(calls, Payload=event("/break"))
            assert body.endswith(b"first")
            assert end["ErrorCode"] == "Unhandled"
            assert json.loads(end["ErrorDetails"])["errorType"] == "ValueError"

    run(work)


def test_an_answer_that_is_not_streamed_is_one_chunk(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, ECHO) as calls:
            body, end = await stream(calls, Payload=b'{"a": 1}', LogType="Tail")
            assert json.loads(body)["event"] == {"a": 1}
            log = base64.b64decode(end["LogResult"]).decode().splitlines()
            assert (log[1], log[-1][:6]) == ("seen", "REPORT")

    run(work)


@pytest.mark.parametrize("body", ["raise ValueError('no tea')", "__import__('os')._exit(3)"])
def test_a_function_that_fails_first_has_no_chunks(tmp_path: Path, body: str) -> None:
    async def work() -> None:
        async with open_api(tmp_path, f"def handler(event, context): {body}") as calls:
            content, end = await stream(calls)
            assert (content, end["ErrorCode"]) == (b"", "Unhandled")
            assert "errorMessage" in json.loads(end["ErrorDetails"])

    run(work)


def test_a_streamed_answer_is_whole_for_a_caller_that_does_not_stream(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, STREAM, **STREAMING) as calls:
            calls.release()
            result = await calls.call("invoke", Payload=event("/"))
            assert result["Payload"].endswith(b"first last")

    run(work)


def test_a_caller_of_a_stream_that_hangs_up_leaves_the_function_to_its_work(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            open_api(tmp_path, STREAM, **STREAMING) as calls,
            httpx2.AsyncClient(base_url=calls.address, timeout=20) as client,
        ):
            path = "/2021-11-15/functions/shop/response-streaming-invocations"
            async with client.stream("POST", path, content=event("/")) as response:
                await anext(response.aiter_raw())
            calls.release()
            await calls.wait_for("done")

    run(work)


def test_what_cannot_be_invoked_is_refused_before_the_stream(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_api(tmp_path, ECHO, reserved_concurrency=0) as calls:
            errors = [
                await calls.refusal("invoke_with_response_stream", FunctionName=name) for name in ("shop", "other")
            ]
            codes = [(status, error["Code"]) for status, error in errors]
            assert codes == [(429, "TooManyRequestsException"), (404, "ResourceNotFoundException")]
            dry = await calls.call("invoke_with_response_stream", InvocationType="DryRun")
            assert dry["StatusCode"] == 204

    run(work)
