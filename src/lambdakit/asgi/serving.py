"""One event under our runtime: the response goes out as soon as it can, and the app goes on."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from lambdakit.asgi.cycle import WITHOUT_BODY, BodyTooLarge, HttpCycle, internal_server_error
from lambdakit.asgi.refusals import deadline_passed, response_too_large
from lambdakit.asgi.running import RunningApp, call_function
from lambdakit.asgi.types import App, Message, Scope
from lambdakit.events import EventFormat, Response
from lambdakit.runtime.invocation import Invocation

STREAM_LIMIT = 200 * 1024 * 1024
"""Bytes of a streamed body: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html."""

_STREAMED = "application/vnd.awslambda.http-integration-response"
_TIMED_OUT = "Sandbox.Timedout"
_logger = logging.getLogger("lambdakit.asgi")


async def serve_registered(function: Callable[[Any, Any], Any], invocation: Invocation) -> None:
    """Answer an event that is no HTTP request when all work on it has ended."""
    await invocation.respond(await call_function(function, invocation.event, invocation.context))


async def serve_buffered(
    running: RunningApp,
    invocation: Invocation,
    *,
    scope: Scope,
    body: bytes,
    seconds: float | None,
    encode: Callable[[Response], Any],
    limit: int,
) -> None:
    """Answer a request with what `encode` makes of the whole response, whose body may have `limit` bytes.

    `seconds` are what the app has for its response; what it does afterwards takes what the runtime allows.
    """
    await _BufferedCycle(scope, body, seconds, invocation, encode, limit).serve(running)


async def serve_streamed(
    running: RunningApp,
    invocation: Invocation,
    *,
    scope: Scope,
    body: bytes,
    seconds: float | None,
    event_format: EventFormat,
) -> None:
    """Answer a request with a stream, in which a response begins as its source expects."""
    await _StreamedCycle(scope, body, seconds, invocation, event_format).serve(running)


class _Cycle(HttpCycle):
    """A request whose response goes out while the app still runs."""

    def __init__(self, scope: Scope, body: bytes, seconds: float | None, invocation: Invocation, limit: int) -> None:
        super().__init__(scope, body, limit)
        self._invocation = invocation
        self._time_limit = asyncio.timeout(seconds)

    async def serve(self, running: RunningApp) -> None:
        self._scope["state"] = running.state
        try:
            async with self._time_limit:
                await self._call(running.app)
        except TimeoutError:
            scope = self._scope
            # With %r no path can forge a line of the log.
            _logger.error("%s %r was cut off before the function's time-out", scope["method"], scope["path"])  # noqa: TRY400 (where it was cut tells nothing)
            await self.give_up(deadline_passed(), _TIMED_OUT)

    async def _call(self, app: App) -> None:
        try:
            await self.run(app)
        except BodyTooLarge:
            await self.give_up(response_too_large(self._limit), "Function.ResponseSizeTooLarge")
            return
        if not self._is_complete:
            await self.give_up(internal_server_error(), type(self._error or RuntimeError()).__name__)

    async def give_up(self, response: Response, error_type: str) -> None:
        """Answer in place of the app, or end what it has begun as failed."""


class _BufferedCycle(_Cycle):
    def __init__(
        self,
        scope: Scope,
        body: bytes,
        seconds: float | None,
        invocation: Invocation,
        encode: Callable[[Response], Any],
        limit: int,
    ) -> None:
        super().__init__(scope, body, seconds, invocation, limit)
        self._encode = encode

    async def _send(self, message: Message) -> None:
        await super()._send(message)
        if self._is_complete and (response := self.completed):
            self._time_limit.reschedule(None)
            await self._invocation.respond(self._encode(response))

    async def give_up(self, response: Response, error_type: str) -> None:  # noqa: ARG002 (a whole response says it)
        await self._invocation.respond(self._encode(response))


class _StreamedCycle(_Cycle):
    def __init__(
        self, scope: Scope, body: bytes, seconds: float | None, invocation: Invocation, event_format: EventFormat
    ) -> None:
        super().__init__(scope, body, seconds, invocation, STREAM_LIMIT)
        self._format = event_format
        self._stream: Any = None
        self._is_gone = False

    async def _send(self, message: Message) -> None:
        if self._is_gone:
            return
        has_begun = self._status is not None
        await super()._send(message)
        if not has_begun:
            return
        chunks, self._chunks = self._chunks, []
        try:
            await self._pass_on(b"".join(chunks))
        except ConnectionError as error:
            self._hang_up(error)

    async def _pass_on(self, chunk: bytes) -> None:
        if self._stream is None:
            status = self._status or 0
            self._stream = await self._begin_stream(status, self._headers)
        if chunk and not (self._is_head or self._status in WITHOUT_BODY):
            await self._stream.send(chunk)
        if self._is_complete:
            self._time_limit.reschedule(None)
            await self._stream.end()

    async def _begin_stream(self, status: int, headers: Any) -> Any:
        stream = await self._invocation.stream(_STREAMED)
        await stream.send(self._format.encode_prelude(status, headers))
        return stream

    def _hang_up(self, error: ConnectionError) -> None:
        """Let the app see that the client is gone; what it still sends is dropped, as servers do."""
        self._is_gone = True
        _logger.info("%s %r: %s", self._scope["method"], self._scope["path"], error)
        self._complete()

    async def give_up(self, response: Response, error_type: str) -> None:
        if self._stream is not None:
            await self._stream.fail(error_type, self._error or "the response broke off")
            return
        self._stream = await self._begin_stream(response.status, response.headers)
        await self._stream.send(response.body)
        await self._stream.end()
