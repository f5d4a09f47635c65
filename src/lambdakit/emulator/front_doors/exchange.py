"""One request to a function, and its way back to the client."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from lambdakit.emulator.front_doors.gateways import GatewayRules
from lambdakit.emulator.runtime_api.answer import Answer
from lambdakit.errors import MalformedResult
from lambdakit.events import Gateway, Headers, Response

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

_PRELUDE_END = bytes(8)
_WITH_PRELUDE = "application/vnd.awslambda.http-integration-response"
_FIX = "stream JSON with statusCode and headers, eight NUL bytes, and then the body"
# What belongs to a connection is for its own server to say.
_OF_THE_CONNECTION = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"})


class TruncatedStream(Exception):
    """A streamed response broke off, which a client sees as a connection that ends too early."""


class Exchange:
    """Takes a function's answer and sends the client its response, streamed where both sides do."""

    def __init__(self, rules: GatewayRules, gateway: Gateway, send: Send, *, streams: bool) -> None:
        self._rules = rules
        self._gateway = gateway
        self._send = send
        self._streams = streams
        self._kept = bytearray()
        self._content_type = ""
        self._is_streamed = False
        self._mistake: MalformedResult | None = None
        self.status = 0
        """The status that the client got, or 0 while there is none."""
        self.has_begun = False
        self.is_gone = False
        self.has_left = False
        """Whether the client has hung up before it had the whole answer."""
        self.moved = asyncio.get_running_loop().time()
        """When the function has sent something last, on the clock of the event loop."""
        self.answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        """Completes with the error, or with None, when the function has given its whole answer."""

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        """Take what is known before the first byte."""
        self._content_type = content_type
        self._is_streamed = is_streamed and self._streams

    async def receive(self, chunk: bytes) -> None:
        """Pass on what is streamed, from the end of its prelude on, and keep all else."""
        self.moved = asyncio.get_running_loop().time()
        if self.is_gone:
            raise ConnectionError("the client has hung up")
        if self.has_begun:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        elif self._mistake is None:
            self._kept += chunk
            await self._begin_stream()

    async def _begin_stream(self) -> None:
        try:
            response = self._look_for_stream()
        except MalformedResult as mistake:
            # The client need not wait for the rest of a stream that is nothing to anyone.
            self._mistake = mistake
            self.end(None)
            return
        if response is not None:
            await self._begin(response.status, response.headers)
            if response.body:
                await self._send({"type": "http.response.body", "body": response.body, "more_body": True})

    def _look_for_stream(self) -> Response | None:
        """Return the beginning of a streamed response as soon as it is there.

        Raises:
            MalformedResult: It never will be.
        """
        if not (self._passes_on or self._is_streamed):
            return None
        kept, limit = bytes(self._kept), self._rules.prelude_limit
        if self._passes_on:
            return Response(200, [(b"content-type", self._content_type.encode("latin-1", "replace"))], kept)
        end = kept.find(_PRELUDE_END)
        if limit is not None and not 0 <= end <= limit - len(_PRELUDE_END) and (end >= 0 or len(kept) >= limit):
            what = f"the prelude of the stream does not end within {limit} bytes"
            raise MalformedResult(what, where=f"an answer to {self._rules.event_format.name}", fix=_FIX)
        return self._rules.event_format.decode_stream(kept) if end >= 0 else None

    @property
    def _passes_on(self) -> bool:
        """Whether the client gets what the function sends as it is: there is no prelude that says otherwise."""
        return self._streams and self._rules.passes_on and self._content_type != _WITH_PRELUDE

    def end(self, error: Answer | None) -> None:
        """Take the end, and with it the error if there is one."""
        if not self.answered.done():
            self.answered.set_result(error)

    async def finish(self, error: Answer | None) -> str | None:
        """Send what is left of the response.

        Returns:
            What to tell the developer about it, if anything.

        Raises:
            TruncatedStream: The response cannot be completed.
        """
        if self.has_begun:
            if error is not None:
                raise TruncatedStream(error.error_type)
            await self._send({"type": "http.response.body", "body": b""})
            return None
        if error is not None:
            await self.respond(self._rules.refusals["failed"])
            return None
        try:
            response = self._read_result()
            self._check_size()
        except MalformedResult as mistake:
            await self.respond(self._rules.refusals["failed"])
            return str(mistake)
        await self.respond(response)
        return None

    async def give_up(self) -> None:
        """Send what the service answers after its time limit.

        Raises:
            TruncatedStream: A response has begun.
        """
        if self.has_begun:
            raise TruncatedStream("the service ends streams after its time limit")
        await self.respond(self._rules.refusals["timed out"])

    def _read_result(self) -> Response:
        event_format = self._rules.event_format
        if self._mistake is not None:
            raise self._mistake
        if self._passes_on:
            return Response(200, [(b"content-type", self._content_type.encode("latin-1", "replace"))])
        if self._is_streamed or self._streams:
            return event_format.decode_stream(bytes(self._kept))
        try:
            result = json.loads(bytes(self._kept))
        except ValueError as error:
            raise MalformedResult(
                f"the result is no JSON: {error}", where=f"an answer to {event_format.name}", fix="return what JSON has"
            ) from error
        return event_format.decode_response(result, self._gateway)

    def _check_size(self) -> None:
        event_format = self._rules.event_format
        if not self._streams and len(self._kept) > event_format.response_limit:
            raise MalformedResult(
                f"the result has {len(self._kept)} bytes, the service takes {event_format.response_limit}",
                where=f"an answer to {event_format.name}",
                fix="answer with less, or stream where the service does",
            )

    async def respond(self, response: Response) -> None:
        """Send a whole response, the function's or the service's own."""
        headers = response.headers
        if not any(name == b"content-length" for name, _ in headers):
            headers = [*headers, (b"content-length", b"%d" % len(response.body))]
        await self._begin(response.status, headers)
        await self._send({"type": "http.response.body", "body": response.body})

    async def _begin(self, status: int, headers: Headers) -> None:
        self.has_begun, self.status = True, status
        sent = [(name, value.strip(b" \t")) for name, value in headers if name not in _OF_THE_CONNECTION]
        if self._rules.request_id_header:
            sent.append((self._rules.request_id_header, self._gateway.request_id.encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": sent})
