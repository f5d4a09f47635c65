"""Streams through front doors: what has to come first, how long they may take, and who has left."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.emulator.front_doors.in_process import Posted, Work, open_door, visit

STREAMING = "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html"
FORMAT = "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html"
PRELUDE = b'{"statusCode": 201, "headers": {"content-type": "text/plain"}}' + bytes(8)
STREAMS = ["function-url", "rest-api"]
BUFFERED = ["function-url", "http-api", "rest-api", "alb"]


@pytest.mark.parametrize("via", STREAMS)
def test_a_prelude_may_come_in_pieces(via: str) -> None:
    async def letters(_: dict[str, Any], posted: Posted) -> None:
        posted.begin()
        for byte in PRELUDE + b"tea":
            await posted.send(bytes([byte]))
        posted.end()

    async def work() -> None:
        async with open_door(via, letters, streams=True) as door:
            response = await door.client.get("/")
            assert (response.status_code, response.content) == (201, b"tea")

    visit(work)


@pytest.mark.parametrize(("size", "status"), [(16_384, 201), (16_385, 502)])
def test_the_prelude_for_a_rest_api_ends_within_16_kb(size: int, status: int) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
    begun = asyncio.Event()

    async def long(_: dict[str, Any], posted: Posted) -> None:
        posted.begin()
        head = b'{"statusCode": 201, "headers": {"x": "'
        await posted.send(head + b"y" * (size - len(head) - 11) + b'"}}' + bytes(8))
        await begun.wait()
        posted.end()

    async def work() -> None:
        async with (
            open_door("rest-api", long, streams=True) as door,
            door.client.stream("GET", "/") as response,
        ):
            begun.set()
            assert response.status_code == status
            assert len(door.notes) == (status == 502)

    visit(work)


@pytest.mark.parametrize("chunks", [[b'{"statusCode": 200}'], [b"tea" + bytes(8)], [b"{}" + bytes(8)], [b""]], ids=str)
@pytest.mark.parametrize("via", STREAMS)
def test_a_stream_without_a_prelude_that_can_be_read_is_a_502(via: str, chunks: list[bytes]) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
    async def bare(_: dict[str, Any], posted: Posted) -> None:
        posted.begin()
        for chunk in chunks:
            await posted.send(chunk)
        posted.end()

    async def work() -> None:
        async with open_door(via, bare, streams=True) as door:
            assert (await door.client.get("/")).status_code == 502
            assert len(door.notes) == 1

    visit(work)


@pytest.mark.parametrize(("via", "status"), [("function-url", 200), ("rest-api", 502)])
def test_an_answer_that_is_not_streamed_reaches_the_client_of_a_streaming_url_as_it_is(via: str, status: int) -> None:
    # Recorded from a deployed function URL; a REST API wants its format, see response-transfer-mode-lambda.
    result = {"statusCode": 404, "body": "tea"}

    async def buffered(_: dict[str, Any], posted: Posted) -> None:
        await posted.answer(result)

    async def work() -> None:
        async with open_door(via, buffered, streams=True) as door:
            response = await door.client.get("/")
            assert response.status_code == status
            assert status == 502 or response.json() == result

    visit(work)


def test_a_streaming_url_passes_on_streams_of_other_types() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
    async def raw(_: dict[str, Any], posted: Posted) -> None:
        posted.begin("application/pdf")
        await posted.send(b"%PDF")
        await posted.send(b"-1.7")
        posted.end()

    async def work() -> None:
        async with open_door("function-url", raw, streams=True) as door:
            response = await door.client.get("/")
            assert (response.status_code, response.content) == (200, b"%PDF-1.7")
            assert response.headers["content-type"] == "application/pdf"

    visit(work)


def stalled(*chunks: bytes, left: "asyncio.Event") -> Work:
    """Return a function that sends some chunks and then nothing until the test is over."""

    async def work(_: dict[str, Any], posted: Posted) -> None:
        posted.begin()
        for chunk in chunks:
            await posted.send(chunk)
        await left.wait()
        with pytest.raises(ConnectionError):
            await posted.send(b"late")
        posted.end()

    return work


@pytest.mark.parametrize(
    ("changes", "source"), [({"idle_limit": 0.1}, STREAMING), ({"stream_limit": 0.1}, STREAMING)], ids=["idle", "whole"]
)
def test_a_rest_api_ends_a_stream_at_its_limits_and_the_function_goes_on(
    changes: dict[str, float], source: str
) -> None:
    async def work() -> None:
        left = asyncio.Event()
        async with open_door("rest-api", stalled(PRELUDE, b"tea", left=left), streams=True, **changes) as door:
            with pytest.raises(httpx2.RemoteProtocolError):
                await door.client.get("/")
            left.set()
        left = asyncio.Event()
        async with open_door("rest-api", stalled(left=left), streams=True, **changes) as door:
            response = await door.client.get("/")
            assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})
            left.set()

    visit(work)


def test_a_stream_that_moves_is_not_idle() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
    async def steady(_: dict[str, Any], posted: Posted) -> None:
        posted.begin()
        await posted.send(PRELUDE)
        for _pause in range(10):
            await asyncio.sleep(0.1)
            await posted.send(b".")
        posted.end()

    async def work() -> None:
        async with open_door("rest-api", steady, streams=True, idle_limit=0.7) as door:
            assert (await door.client.get("/")).content == b"." * 10

    visit(work)


@pytest.mark.parametrize("via", STREAMS)
def test_the_next_piece_of_a_stream_fails_when_the_client_has_hung_up(via: str) -> None:
    failed = asyncio.Event()

    async def endless(_: dict[str, Any], posted: Posted) -> None:
        posted.begin()
        await posted.send(PRELUDE)
        try:
            while True:
                await posted.send(b"tea")
                await asyncio.sleep(0.01)
        except ConnectionError:
            failed.set()

    async def work() -> None:
        async with open_door(via, endless, streams=True) as door:
            async with door.client.stream("GET", "/") as response:
                assert await anext(response.aiter_raw())
            await failed.wait()

    visit(work)


@pytest.mark.parametrize("via", BUFFERED)
def test_a_function_goes_on_when_the_client_has_hung_up(via: str) -> None:
    came, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_: dict[str, Any], posted: Posted) -> None:
        came.set()
        await go.wait()
        await posted.answer({"statusCode": 200})
        done.set()

    async def work() -> None:
        async with open_door(via, slow) as door:
            waiting = asyncio.create_task(door.client.get("/"))
            await came.wait()
            waiting.cancel()
            go.set()
            await done.wait()
            assert (await door.client.get("/")).status_code == 200
            assert len(door.function.events) == 2

    visit(work)


@pytest.mark.parametrize("via", BUFFERED)
def test_a_request_that_breaks_off_does_not_reach_the_function(via: str) -> None:
    async def work() -> None:
        async with open_door(via) as door:
            url = door.client.base_url
            _, writer = await asyncio.open_connection(url.host, url.port)
            head = f"POST {url.path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n"
            writer.write(head.encode() + b"tea")
            await writer.drain()
            writer.close()
            await door.wait_for_note("hung up before its request was complete")
            assert door.function.events == []
            assert (await door.client.get("/")).status_code == 200

    visit(work)
