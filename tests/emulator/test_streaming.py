import asyncio
import base64

import pytest

from lambdakit.emulator.runtime_api.answer import STREAM_LIMIT, Answer
from lambdakit.emulator.runtime_api.api import RuntimeApi
from lambdakit.emulator.runtime_api.delivery import Delivery
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.runtime_api.throttle import Throttle
from tests.emulator.conversation import (
    NEXT,
    Client,
    Clock,
    answer,
    begin_stream,
    chunk,
    connect,
    new_invocation,
    speak,
)


class Caller:
    """A receiver that puts down what it gets, and takes chunks only as long as `is_reading` is set."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, bool]] = []
        self.chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self.is_gone = False

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        self.begun.append((content_type, is_streamed))

    async def receive(self, chunk: bytes) -> None:
        if self.is_gone:
            raise ConnectionError
        self.chunks.put_nowait(chunk)
        await self.is_reading.wait()

    def end(self, error: Answer | None) -> None:
        self.ended.set_result(error)


async def deliver(api: RuntimeApi, client: Client, receiver: Caller | None = None) -> tuple[Invocation, Delivery]:
    client.writer.write(NEXT)
    await api.ready
    invocation = new_invocation()
    delivery = api.deliver(invocation, receiver)
    await client.receive()
    return invocation, delivery


def test_each_chunk_reaches_the_caller_before_the_next_is_sent() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, delivery = await deliver(api, client, caller)
        client.writer.write(begin_stream(invocation))
        for text in (b"one", b"two"):
            client.writer.write(chunk(text))
            assert await caller.chunks.get() == text
        assert (caller.begun, delivery.answered.done()) == ([("text/event-stream", True)], False)
        assert (await client.send(b"0\r\n\r\n")).status == 202
        assert await caller.ended is None
        assert delivery.answer == Answer(b"", None, "text/event-stream", is_streamed=True)

    speak(conversation)


def test_without_a_receiver_the_whole_stream_is_kept() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        invocation, delivery = await deliver(api, client)
        client.writer.write(begin_stream(invocation) + chunk(b"one") + chunk(b"two"))
        assert (await client.send(b"0\r\n\r\n")).status == 202
        assert delivery.answer == Answer(b"onetwo", None, "text/event-stream", is_streamed=True)

    speak(conversation)


def test_a_buffered_answer_reaches_the_caller_before_the_invocation_is_over() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, delivery = await deliver(api, client, caller)
        assert (
            await client.send(answer(invocation, "response", b"[1]", "Content-Type: application/json"))
        ).status == 202
        assert (caller.begun, caller.chunks.get_nowait()) == ([("application/json", False)], b"[1]")
        assert await caller.ended is None
        assert (delivery.answered.done(), delivery.ended.done()) == (True, False)
        client.writer.write(NEXT)
        await delivery.ended

    speak(conversation)


def test_an_error_reaches_the_caller_as_its_end_alone() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, delivery = await deliver(api, client, caller)
        await client.send(answer(invocation, "error", b'{"errorType": "Broken"}'))
        assert await caller.ended == delivery.answer == Answer(b'{"errorType": "Broken"}', "Broken")
        assert (caller.begun, caller.chunks.empty()) == ([], True)

    speak(conversation)


def test_a_runtime_is_not_read_while_the_caller_does_not_read() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        caller.is_reading.clear()
        invocation, _ = await deliver(api, client, caller)
        client.writer.write(begin_stream(invocation))
        size = 32 * 1024 * 1024
        client.writer.write(chunk(b"x" * size) + b"0\r\n\r\n")
        taken = len(await caller.chunks.get())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.writer.drain(), timeout=0.3)
        assert caller.chunks.empty()
        caller.is_reading.set()
        while taken < size:
            taken += len(await caller.chunks.get())
        assert (await client.receive()).status == 202
        assert await caller.ended is None

    clock = Clock()
    speak(conversation, throttle=lambda: Throttle(clock=clock.read, sleep=clock.sleep))


def test_a_caller_that_goes_away_does_not_end_the_function() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, _ = await deliver(api, client, caller)
        caller.is_gone = True
        client.writer.write(begin_stream(invocation) + chunk(b"one") + chunk(b"two"))
        assert (await client.send(b"0\r\n\r\n")).status == 202
        assert await caller.ended is None

    speak(conversation)


def test_an_error_in_mid_stream_comes_after_what_was_sent() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, delivery = await deliver(api, client, caller)
        client.writer.write(begin_stream(invocation) + chunk(b"one"))
        body = base64.b64encode(b'{"errorType":"Late"}')
        trailers = b"Lambda-Runtime-Function-Error-Type: Late\r\nLambda-Runtime-Function-Error-Body: " + body
        assert (await client.send(b"0\r\n" + trailers + b"\r\n\r\n")).status == 202
        assert caller.chunks.get_nowait() == b"one"
        assert await caller.ended == delivery.answer == Answer(b'{"errorType":"Late"}', "Late", is_streamed=True)

    speak(conversation)


@pytest.mark.parametrize("end", ["half-closed", "reset", "garbage"])
def test_a_stream_that_breaks_off_is_a_truncated_response(end: str) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, delivery = await deliver(api, client, caller)
        client.writer.write(begin_stream(invocation) + chunk(b"one"))
        assert await caller.chunks.get() == b"one"
        if end == "half-closed":
            client.writer.write_eof()
        elif end == "reset":
            client.writer.transport.abort()
        else:
            client.writer.write(b"this is no chunk\r\n")
        error = await caller.ended
        assert error is not None
        assert (error.error_type, delivery.answer) == ("Runtime.TruncatedResponse", error)

    speak(conversation)


def test_what_closes_the_api_ends_the_stream_for_its_caller() -> None:
    async def open_and_close() -> Answer | None:
        async with asyncio.timeout(10):
            async with RuntimeApi() as api:
                client, caller = await connect(api), Caller()
                invocation, _ = await deliver(api, client, caller)
                client.writer.write(begin_stream(invocation) + chunk(b"one"))
                await caller.chunks.get()
            client.writer.close()
            return await caller.ended

    error = asyncio.run(open_and_close())
    assert error is not None
    assert error.error_type == "Runtime.TruncatedResponse"


def test_an_environment_that_breaks_off_tells_the_caller() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        _, delivery = await deliver(api, client, caller)
        error = Answer(b"{}", "Sandbox.Timedout")
        delivery.abandon(error)
        delivery.abandon(Answer(b"{}", "Other"))
        assert await caller.ended == delivery.answer == error

    speak(conversation)


def test_nothing_else_is_accepted_while_a_stream_is_open() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        invocation, _ = await deliver(api, client, caller)
        client.writer.write(begin_stream(invocation) + chunk(b"one"))
        await caller.chunks.get()
        other = await connect(api)
        for request in (NEXT, answer(invocation, "error", b"{}"), answer(invocation, "response")):
            reply = await other.send(request)
            assert (reply.status, reply.error_type()) == (403, "InvalidStateTransition")
        other.writer.close()
        assert (await client.send(b"0\r\n\r\n")).status == 202

    speak(conversation)


def test_a_stream_over_the_limit_is_refused_at_once() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        caller = Caller()
        caller.is_gone = True
        invocation, delivery = await deliver(api, client, caller)
        client.writer.write(begin_stream(invocation))
        piece = chunk(bytes(4 * 1024 * 1024))
        for _ in range(STREAM_LIMIT // (4 * 1024 * 1024)):
            client.writer.write(piece)
            await client.writer.drain()
        reply = await client.send(chunk(b"x"))
        assert (reply.status, reply.error_type()) == (413, "RequestEntityTooLarge")
        assert delivery.answer is not None
        assert delivery.answer.error_type == "Function.ResponseSizeTooLarge"
        error = await caller.ended
        assert error == delivery.answer

    clock = Clock()
    speak(conversation, throttle=lambda: Throttle(clock=clock.read, sleep=clock.sleep))


def test_a_refused_stream_is_told_so_before_its_end() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        await deliver(api, client)
        reply = await client.send(begin_stream(new_invocation()) + chunk(b"one"))
        assert (reply.status, reply.error_type()) == (400, "InvalidRequestID")
        assert await client.reader.read() == b"", "the connection cannot be used again"

    speak(conversation)
