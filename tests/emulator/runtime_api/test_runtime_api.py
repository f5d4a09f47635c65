import asyncio
import base64
import json

import pytest

from lambdakit.emulator.runtime_api.api import PAYLOAD_LIMIT, RuntimeApi, State
from lambdakit.errors import EnvironmentFault
from tests.emulator.conversation import NEXT, Client, answer, new_invocation, post, receive_event, speak


def test_an_event_comes_with_all_its_headers() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation(payload='{"a": "ü"}'.encode(), client_context={"custom": {"a": "ü"}})
        reply = await receive_event(api, client, invocation)
        assert (reply.status, reply.body) == (200, '{"a": "ü"}'.encode())
        assert reply.headers == {
            "content-type": "application/json",
            "content-length": "11",
            "lambda-runtime-aws-request-id": invocation.request_id,
            "lambda-runtime-invocation-id": invocation.invocation_id,
            "lambda-runtime-deadline-ms": "1800000000500",
            "lambda-runtime-invoked-function-arn": "arn:aws:lambda:x",
            "lambda-runtime-trace-id": invocation.trace_id,
            "lambda-runtime-client-context": '{"custom": {"a": "\\u00fc"}}',
        }

    speak(conversation)


def test_a_deadline_of_zero_is_never_sent() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        reply = await receive_event(api, client, new_invocation(deadline=0))
        assert reply.headers["lambda-runtime-deadline-ms"] == "1"

    speak(conversation)


def test_one_connection_serves_one_invocation_after_the_other() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        for number in range(3):
            invocation = new_invocation()
            await receive_event(api, client, invocation)
            assert (api.state, api.ready.done()) == (State.BUSY, False)
            reply = await client.send(answer(invocation, "response", str(number).encode()))
            assert (reply.status, reply.body) == (202, b'{"status":"OK"}')
            assert api.answer is not None
            assert api.answer[:2] == (str(number).encode(), None)

    speak(conversation)


def test_a_chunked_answer_is_put_together() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        path = f"/2018-06-01/runtime/invocation/{invocation.request_id}/response"
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        for piece in (head, b'4\r\n"abc\r\n', b'2;note=1\r\nd"\r\n'):
            client.writer.write(piece)
            await client.writer.drain()
        assert (await client.send(b"0\r\n\r\n")).status == 202
        assert api.answer is not None
        assert api.answer[:2] == (b'"abcd"', None)

    speak(conversation)


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (base64.b64encode(b'{"errorType":"Late"}'), b'{"errorType":"Late"}'),
        (b"#", b'{"errorMessage": "the error body in the trailer is not base64", "errorType": "Late"}'),
    ],
)
def test_a_streamed_answer_that_broke_off_says_so_in_its_trailers(body: bytes, payload: bytes) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        head = (
            f"POST /2018-06-01/runtime/invocation/{invocation.request_id}/response HTTP/1.1\r\nHost: x\r\n"
            "Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\r\n"
        )
        trailers = b"Lambda-Runtime-Function-Error-Type: Late\r\nLambda-Runtime-Function-Error-Body: " + body
        assert (await client.send(head.encode() + b"1\r\nx\r\n0\r\n" + trailers + b"\r\n\r\n")).status == 202
        assert api.answer is not None
        assert api.answer[:2] == (payload, "Late")

    speak(conversation)


def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        head = answer(invocation, "response", b"123", "Expect: 100-continue").removesuffix(b"123")
        assert (await client.send(head)).status == 100
        assert (await client.send(b"123")).status == 202

    speak(conversation)


@pytest.mark.parametrize("kind", ["response", "error"])
def test_an_answer_to_another_invocation_is_refused(kind: str) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        early = await client.send(answer(new_invocation(), kind))
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        wrong = await client.send(answer(new_invocation(), kind))
        stale = await client.send(answer(invocation, kind, b"1", "Lambda-Runtime-Invocation-Id: other"))
        first = await client.send(answer(invocation, kind))
        second = await client.send(answer(invocation, kind))
        assert [reply.status for reply in (early, wrong, stale, first, second)] == [400, 400, 400, 202, 403]
        assert {reply.error_type() for reply in (early, wrong, stale)} == {"InvalidRequestID"}
        assert second.error_type() == "InvalidStateTransition"

    speak(conversation)


@pytest.mark.parametrize(
    ("body", "headers", "error_type"),
    [
        (b'{"errorType": "InBody"}', ["Lambda-Runtime-Function-Error-Type: InHeader"], "InBody"),
        (b'{"errorType": 1}', ["Lambda-Runtime-Function-Error-Type: InHeader"], "InHeader"),
        (b"[]", [], "Runtime.Unknown"),
        (b"\xff not json", [], "Runtime.Unknown"),
    ],
)
def test_the_type_of_an_error_is_found_wherever_it_is(body: bytes, headers: list[str], error_type: str) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        assert (await client.send(answer(invocation, "error", body, *headers))).status == 202
        assert api.answer is not None
        assert api.answer[:2] == (body, error_type)

    speak(conversation)


def test_a_response_over_the_limit_is_refused_and_becomes_an_error() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        reply = await client.send(answer(invocation, "response", b"x" * (PAYLOAD_LIMIT + 1)))
        assert (reply.status, reply.error_type()) == (413, "RequestEntityTooLarge")
        assert api.answer is not None
        assert api.answer.error_type == "Function.ResponseSizeTooLarge"
        assert (await client.send(answer(invocation, "response"))).status == 403, "it counts as the answer"

    speak(conversation)


def test_an_unknown_response_mode_is_refused_and_may_be_corrected() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        mode = "Lambda-Runtime-Function-Response-Mode: buffered"
        reply = await client.send(answer(invocation, "response", b"1", mode))
        assert (reply.status, reply.error_type()) == (400, "InvalidFunctionResponseMode")
        assert (await client.send(answer(invocation, "response"))).status == 202

    speak(conversation)


def test_an_error_of_init_is_kept_and_ends_the_conversation() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        path = "/2018-06-01/runtime/init/error"
        assert (await client.send(post(path, b'{"errorType": "Broken"}'))).status == 202
        assert api.init_error is not None
        assert api.init_error[:2] == (b'{"errorType": "Broken"}', "Broken")
        for refused in (post(path), NEXT):
            reply = await client.send(refused)
            assert (reply.status, reply.error_type()) == (403, "InvalidStateTransition")

    speak(conversation)


def test_an_error_of_init_is_refused_once_init_is_over() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        await receive_event(api, client, new_invocation())
        reply = await client.send(post("/2018-06-01/runtime/init/error"))
        assert (reply.status, reply.error_type()) == (403, "InvalidStateTransition")

    speak(conversation)


def test_a_runtime_that_lost_its_event_gets_it_again() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        first = await receive_event(api, client, new_invocation())
        assert await client.send(NEXT) == first

    speak(conversation)


def test_of_two_that_wait_for_an_event_the_later_gets_it() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        client.writer.write(NEXT)
        await api.ready
        later = Client(*await asyncio.open_connection(*api.address.split(":")))
        later.writer.write(NEXT)
        replaced = await client.receive()
        assert (replaced.status, replaced.error_type()) == (403, "InvalidStateTransition")
        api.deliver(new_invocation())
        assert (await later.receive()).status == 200
        later.writer.close()

    speak(conversation)


def test_nothing_is_delivered_to_a_runtime_that_did_not_ask() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        with pytest.raises(EnvironmentFault, match="did not ask"):
            api.deliver(new_invocation())

    speak(conversation)


@pytest.mark.parametrize(
    ("line", "status", "error_type"),
    [
        ("GET /2018-06-01/runtime/restore/next", 403, "InvalidStateTransition"),
        ("POST /2018-06-01/runtime/restore/error", 403, "InvalidStateTransition"),
        ("GET /2020-01-01/extension/nothing", 404, "NotFound"),
        ("GET /2021-04-23/credentials", 404, "NotFound"),
        ("GET /2026-01-15/metadata/execution-environment", 404, "NotFound"),
        ("GET /2018-06-01/runtime/init/error", 404, "NotFound"),
        ("GET /", 404, "NotFound"),
    ],
)
def test_what_this_environment_does_not_offer_is_refused_by_name(line: str, status: int, error_type: str) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        reply = await client.send(f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert (reply.status, reply.error_type()) == (status, error_type)
        assert line in json.loads(reply.body)["errorMessage"]
        assert reply.headers["content-type"] == "application/json"
        assert api.state is State.STARTING

    speak(conversation)


def test_a_request_that_breaks_off_is_refused_and_answers_nothing() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        client.writer.write(answer(invocation, "response", b"1234").removesuffix(b"34"))
        client.writer.write_eof()
        reply = await client.receive()
        assert (reply.status, reply.error_type()) == (400, "TruncatedHTTPRequest")
        assert (api.state, api.answer) == (State.BUSY, None)

    speak(conversation)


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"])
def test_what_is_no_http_is_refused_and_the_connection_closed(raw: bytes) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        reply = await client.send(raw)
        assert (reply.status, reply.error_type()) == (400, "InvalidHTTPRequest")
        assert await client.reader.read() == b""

    speak(conversation)


def test_a_head_of_a_megabyte_is_read() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation = new_invocation()
        await receive_event(api, client, invocation)
        cause = "Lambda-Runtime-Function-Xray-Error-Cause: " + "x" * 1_048_575
        assert (await client.send(answer(invocation, "error", b"{}", cause))).status == 202

    speak(conversation)


def test_closing_ends_connections_that_wait() -> None:
    async def open_and_close() -> bytes:
        async with asyncio.timeout(10):
            async with RuntimeApi() as api:
                reader, writer = await asyncio.open_connection(*api.address.split(":"))
                writer.write(NEXT)
                await api.ready
            left = await reader.read()
            writer.close()
            return left

    assert asyncio.run(open_and_close()) == b""
