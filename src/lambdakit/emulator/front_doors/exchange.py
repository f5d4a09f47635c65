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
        self._is_streamed = False
        self.status = 0
        """The status that the client got, or 0 while there is none."""
        self.has_begun = False
        self.is_gone = False
        self.answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        """Completes with the error, or with None, when the function has given its whole answer."""

    def begin(self, content_type: str, *, is_streamed: bool) -> None:  # noqa: ARG002 (the receiver's protocol)
        """Take what is known before the first byte."""
        self._is_streamed = is_streamed and self._streams

    async def receive(self, chunk: bytes) -> None:
        """Pass on what is streamed, from the end of its prelude on, and keep all else."""
        if self.is_gone:
            raise ConnectionError("the client has hung up")
        if self.has_begun:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
            return
        self._kept += chunk
        if self._is_streamed and _PRELUDE_END in self._kept:
            response = self._rules.event_format.decode_stream(bytes(self._kept))
            await self._begin(response.status, response.headers)
            if response.body:
                await self._send({"type": "http.response.body", "body": response.body, "more_body": True})

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
        if self._is_streamed:
            return event_format.decode_stream(bytes(self._kept))
        try:
            result = json.loads(bytes(self._kept))
        except ValueError as error:
            raise MalformedResult(
                f"the result is no JSON: {error}", where=f"an answer to {event_format.name}", fix="return what JSON has"
            ) from error
        return event_format.decode_response(result, self._gateway)

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
