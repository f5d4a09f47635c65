import asyncio
from collections.abc import Callable

import h11

from lambdakit.emulator.runtime_api.answer import (
    PAYLOAD_LIMIT,
    STREAM_LIMIT,
    Answer,
    oversized,
    reported_error,
    trailing_error,
    truncated,
)
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.runtime_api.listener import Request
from lambdakit.emulator.runtime_api.receiver import Collector, Receiver
from lambdakit.emulator.runtime_api.throttle import Throttle
from lambdakit.emulator.runtime_api.timeline import Timeline


class Delivery:
    """One invocation that was given to a runtime, and what becomes of it.

    `answered` completes with the answer; `ended` when the runtime asks for its next invocation and every extension
    for its next event, with that moment on `time.perf_counter`. `is_open` says that an answer has begun to come and
    is not complete, `is_abandoned` that the environment no longer waits for its end, `produced_bytes` how much of a
    response has come, and `timeline` when. `connections` are those on which its event went out and its answer came;
    `carrier` completes when the first of them is closed.
    """

    def __init__(self, invocation: Invocation, receiver: Receiver | None) -> None:
        loop = asyncio.get_running_loop()
        self.invocation = invocation
        self.answered: asyncio.Future[Answer] = loop.create_future()
        self.ended: asyncio.Future[float] = loop.create_future()
        self.is_open = False
        self.is_runtime_done = False
        self.is_abandoned = False
        self.produced_bytes = 0
        self.timeline = Timeline()
        self.connections: set[int] = set()
        self.carrier: asyncio.Future[None] = loop.create_future()
        self._collector = Collector() if receiver is None else None
        self._receiver: Receiver | Collector = receiver or self._collector or Collector()
        self._is_caller_gone = False

    @property
    def answer(self) -> Answer | None:
        """What was posted, when it is complete."""
        return self.answered.result() if self.answered.done() else None

    def abandon(self, error: Answer) -> None:
        """End an unanswered invocation with an error that the environment found, for its caller too."""
        self.is_abandoned = True
        if not self.answered.done():
            self._finish(error, error)

    def lose_carrier(self) -> None:
        """Note that the connection is closed on which the event went out."""
        if not self.carrier.done():
            self.carrier.set_result(None)

    async def take_error(self, request: Request) -> Answer:
        """Take an error that the runtime posts."""
        self.timeline.begin_answer()
        body, _ = await self._read(request)
        answer = reported_error(body, request.headers)
        self._finish(answer, answer)
        return answer

    async def take_response(self, request: Request) -> Answer:
        """Take a buffered response, which is whole before the caller sees any of it."""
        self.timeline.begin_answer()
        body, length = await self._read(request)
        answer = Answer(body, content_type=_content_type(request))
        if length > PAYLOAD_LIMIT:
            answer = oversized(PAYLOAD_LIMIT)
        # A buffered body can end with the trailers of an error as well.
        answer = trailing_error(request.trailers) or answer
        if answer.error_type is None:
            self._receiver.begin(answer.content_type, is_streamed=False)
            await self._pass_on(body)
        self._finish(answer, answer if answer.error_type else None)
        return answer

    async def take_stream(self, request: Request, throttle: Callable[[], Throttle]) -> Answer:
        """Take a streamed response and hand on each chunk as it comes."""
        self.timeline.begin_answer()
        self.is_open = True
        self._receiver.begin(_content_type(request), is_streamed=True)
        error: Answer | None = truncated()
        try:
            error = await self._stream(request, throttle())
        finally:
            payload = self._collector.payload if self._collector else b""
            answer = error or Answer(payload, content_type=_content_type(request), is_streamed=True)
            if not self.answered.done():
                self._finish(answer, error)
        return answer

    async def _stream(self, request: Request, throttle: Throttle) -> Answer | None:
        size = 0
        while chunk := await request.read_chunk():
            size += len(chunk)
            if size > STREAM_LIMIT:
                return oversized(STREAM_LIMIT, is_streamed=True)
            await throttle.take(len(chunk))
            await self._pass_on(chunk)
        return trailing_error(request.trailers)

    async def _read(self, request: Request) -> tuple[bytes, int]:
        self.is_open = True
        try:
            return await request.read(PAYLOAD_LIMIT)
        except h11.RemoteProtocolError:
            # Nothing of it has reached the caller, so the runtime may post again.
            self.is_open = False
            raise

    async def _pass_on(self, chunk: bytes) -> None:
        self.produced_bytes += len(chunk)
        if self._is_caller_gone:
            return
        try:
            await self._receiver.receive(chunk)
        except ConnectionError:
            self._is_caller_gone = True

    def _finish(self, answer: Answer, error: Answer | None) -> None:
        self.is_open = False
        if not self.answered.done():
            self.timeline.end_answer()
            self.answered.set_result(answer)
            self._receiver.end(error)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "application/octet-stream")
