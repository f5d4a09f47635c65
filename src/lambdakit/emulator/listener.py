import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, Self, cast

import h11

_CHUNK = 65_536
_LARGEST_HEAD = 2 * 1024 * 1024


class Request(NamedTuple):
    """A request as it came over the wire.

    `headers` and `trailers` have lower-case names. `body` is cut off at the listener's limit; `length` counts every
    byte of it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    length: int = 0
    trailers: Mapping[str, str] = {}


class Reply(NamedTuple):
    """What to answer; the listener adds the length."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {"content-type": "application/json"}


class Listener:
    """An HTTP/1.1 server on a free loopback port that gives whole requests, trailers included, to one callable.

    Connections are kept alive and nothing ever times out. A request that breaks off or breaks the protocol goes to
    `refuse`, whose reply is the last one on that connection.
    """

    def __init__(
        self, answer: Callable[[Request], Awaitable[Reply]], refuse: Callable[[bool, str], Reply], *, body_limit: int
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        self._body_limit = body_limit
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.address = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None:
            # It was accepted just before the end.
            writer.close()
            return
        self._connections.add(task)
        try:
            await _Connection(reader, writer, self._body_limit).serve(self._answer, self._refuse)
        except (ConnectionError, asyncio.CancelledError):
            # The client went away, or the listener closes: neither is an error of the server's task.
            pass
        finally:
            self._connections.discard(task)
            writer.close()


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body_limit: int) -> None:
        self._reader = reader
        self._writer = writer
        self._body_limit = body_limit
        # awslambdaric puts the cause of an error, up to 1 MiB of JSON, into one header.
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)

    async def serve(self, answer: Callable[[Request], Awaitable[Reply]], refuse: Callable[[bool, str], Reply]) -> None:
        try:
            while (request := await self._read_request()) is not None:
                await self._send(await answer(request))
                if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                    return
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                await self._send(refuse(self._reader.at_eof(), str(error)))

    async def _read_request(self) -> Request | None:
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return None
        body, length = bytearray(), 0
        while isinstance(part := await self._next_event(), h11.Data):
            length += len(part.data)
            body += part.data[: max(self._body_limit - len(body), 0)]
        trailers = _decode(part.headers) if isinstance(part, h11.EndOfMessage) else {}
        return Request(
            event.method.decode(), event.target.decode(), _decode(event.headers), bytes(body), length, trailers
        )

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return cast("h11.Event | type[h11.PAUSED]", event)
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(_CHUNK))

    async def _send(self, reply: Reply) -> None:
        headers = [*reply.headers.items(), ("content-length", str(len(reply.body)))]
        await self._write(
            h11.Response(status_code=reply.status, headers=headers), h11.Data(data=reply.body), h11.EndOfMessage()
        )

    async def _write(self, *events: h11.Event) -> None:
        self._writer.write(b"".join(self._http.send(event) or b"" for event in events))
        await self._writer.drain()


def _decode(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
