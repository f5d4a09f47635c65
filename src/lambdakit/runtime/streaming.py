"""A response that is sent piece by piece.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import asyncio
import base64
import json
import logging
import socket

from lambdakit.errors import BrokenResponse
from lambdakit.runtime.client import ERROR_TYPE, Event, echo
from lambdakit.runtime.connection import CHUNK, connect
from lambdakit.runtime.failures import describe
from lambdakit.runtime.wire import Response, ResponseReader, encode_chunk, encode_head, encode_last_chunk

_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
_END_SECONDS = 5.0
_logger = logging.getLogger("lambdakit.runtime")


class Stream:
    """One streamed response, on a connection of its own that ends with it."""

    def __init__(self, event: Event, address: str) -> None:
        """Take the event to answer and the address of the Runtime API."""
        self.has_ended = False
        self._event = event
        self._address = address
        self._socket: socket.socket | None = None

    async def begin(self, content_type: str) -> None:
        """Send the head of the response; ConnectionError when nobody takes it."""
        try:
            self._socket = connect(self._address)
        except OSError as error:
            raise ConnectionError(f"the Runtime API cannot be reached: {error}") from error
        self._socket.settimeout(0)
        headers = {
            "Host": self._address,
            "Content-Type": content_type,
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": f"{ERROR_TYPE}, {_ERROR_BODY}",
            **echo(self._event),
        }
        path = f"/2018-06-01/runtime/invocation/{self._event.request_id}/response"
        await self._send(encode_head("POST", path, headers))

    async def send(self, chunk: bytes) -> None:
        """Send a chunk at once, waiting while it is not read; ConnectionError when the reader is gone."""
        if chunk:
            await self._send(encode_chunk(chunk))

    async def end(self) -> None:
        """End the response as complete; what is not accepted is logged."""
        await self._finish({})

    async def fail(self, error_type: str, error: BaseException | str) -> None:
        """End the response as one that failed, with the error in its trailers."""
        if isinstance(error, str):
            body = json.dumps({"errorMessage": error, "errorType": error_type, "stackTrace": []}).encode()
        else:
            body = describe(error, self._event.request_id).body
        await self._finish({ERROR_TYPE: error_type, _ERROR_BODY: base64.b64encode(body).decode()})

    async def _send(self, data: bytes) -> None:
        if self._socket is None:
            raise ConnectionError("the stream has ended")
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
        except OSError as error:
            self._close()
            raise ConnectionError(f"the response is no longer read: {error}") from error

    async def _finish(self, trailers: dict[str, str]) -> None:
        if self._socket is None:
            return
        try:
            await self._send(encode_last_chunk(trailers))
            response = await asyncio.wait_for(self._read_response(), _END_SECONDS)
        except (OSError, BrokenResponse, TimeoutError) as error:
            _logger.error("the end of the streamed response was not acknowledged: %s", error)  # noqa: TRY400 (where tells nothing)
        else:
            if not 200 <= response.status < 300:  # noqa: PLR2004 (the range of success)
                _logger.error("the streamed response was refused: %s %s", response.status, response.body[:200])
        finally:
            self._close()

    async def _read_response(self) -> Response:
        reader, loop = ResponseReader(), asyncio.get_running_loop()
        while True:
            if self._socket is None:
                raise ConnectionError("the stream has ended")
            if response := reader.feed(await loop.sock_recv(self._socket, CHUNK)):
                return response

    def _close(self) -> None:
        self.has_ended = True
        if self._socket is not None:
            self._socket.close()
            self._socket = None
