import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, Self, cast

import h11

_MOST_UNREAD = 262_144
_LARGEST_HEAD = 2 * 1024 * 1024
_MOST_DISCARDED = 8 * 1024 * 1024
_LINGER = 1.0


class Reply(NamedTuple):
    """What to answer; the listener adds the length."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {"content-type": "application/json"}


class Request:
    """A request as it comes over the wire; its body is read piece by piece, as fast as the reader takes it.

    `headers` and `trailers` have lower-case names; the trailers are there when the body has been read. `connection`
    is the same number for all requests of one connection. Reading raises h11.RemoteProtocolError when the body
    breaks off or is no HTTP.
    """

    def __init__(self, method: str, path: str, headers: Mapping[str, str], connection: "Connection") -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.trailers: Mapping[str, str] = {}
        self.connection = id(connection)
        self.is_read = False
        self._connection = connection

    @property
    def gone(self) -> asyncio.Future[None]:
        """Completes when the client has closed the connection or its half of it."""
        return self._connection.gone

    async def read_chunk(self) -> bytes:
        """Return the next piece of the body as soon as it is there, and nothing at its end."""
        while not self.is_read:
            event = await self._connection.next_event()
            if not isinstance(event, h11.Data):
                self.is_read = True
                self.trailers = _decode(event.headers) if isinstance(event, h11.EndOfMessage) else {}
            elif event.data:
                return bytes(event.data)
        return b""

    async def read(self, limit: int) -> tuple[bytes, int]:
        """Return the body, cut off at `limit` bytes, and how long it was before."""
        first = await self.read_chunk()
        if len(first) > limit or not (chunk := await self.read_chunk()):
            body, length = bytearray(first[:limit]), len(first)
        else:
            body, length = bytearray((first + chunk)[:limit]), len(first) + len(chunk)
        while chunk := await self.read_chunk():
            length += len(chunk)
            body += chunk[: max(limit - len(body), 0)]
        return bytes(body), length


class Listener:
    """An HTTP/1.1 server on a free loopback port that gives each request, trailers included, to one callable.

    Connections are kept alive and nothing ever times out. A request that breaks off or breaks the protocol goes to
    `refuse`, whose reply is the last one on that connection. A client is read only as fast as its body is taken.
    """

    def __init__(self, answer: Callable[[Request], Awaitable[Reply]], refuse: Callable[[bool, str], Reply]) -> None:
        self._answer = answer
        self._refuse = refuse
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self.address = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", 0, backlog=1024)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = [connection.abort() for connection in self._connections]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connect(self) -> "Connection":
        return Connection(self._answer, self._refuse, self._connections)


class Connection(asyncio.Protocol):
    """One client of a Listener, and the task that serves it."""

    def __init__(
        self,
        answer: Callable[[Request], Awaitable[Reply]],
        refuse: Callable[[bool, str], Reply],
        open_connections: "set[Connection]",
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        self._open_connections = open_connections
        # awslambdaric puts the cause of an error, up to 1 MiB of JSON, into one header.
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
        self._came: asyncio.Future[None] | None = None
        self._written: asyncio.Future[None] | None = None
        self._unread = 0
        self._is_discarding = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self._transport = cast("asyncio.Transport", transport)
        self._open_connections.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the parser, and read no more while those before are not taken."""
        if self._is_discarding:
            return
        self._http.receive_data(data)
        self._unread += len(data)
        if not self._wake() and self._unread > _MOST_UNREAD:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Tell the parser that nothing more comes; the reply can still go out."""
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's callback)
        """Let all that waits for the client know that it is gone."""
        self._end()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Hold replies back while the client does not read."""
        self._written = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Go on with replies."""
        if self._written is not None and not self._written.done():
            self._written.set_result(None)
        self._written = None

    def abort(self) -> asyncio.Task[None]:
        """Drop the connection at once; return the task that then ends."""
        self._task.cancel()
        self._transport.abort()
        return self._task

    def _end(self) -> None:
        if not self.gone.done():
            self.gone.set_result(None)
            self._http.receive_data(b"")
        self._wake()

    def _wake(self) -> bool:
        waiting, self._came = self._came, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        return waiting is not None

    async def next_event(self) -> h11.Event | type[h11.PAUSED]:
        """Return the next part of a request; h11.RemoteProtocolError when it is none."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._transport.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            self._unread = 0
            self._came = asyncio.get_running_loop().create_future()
            self._transport.resume_reading()
            await self._came
        return cast("h11.Event | type[h11.PAUSED]", event)

    async def _serve(self) -> None:
        try:
            await self._converse()
        except asyncio.CancelledError:
            # The listener closes; that is no error of the task.
            pass
        except h11.RemoteProtocolError as error:
            if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                self._send(self._refuse(self.gone.done(), str(error)))
        finally:
            self._open_connections.discard(self)
            self._transport.close()

    async def _converse(self) -> None:
        while isinstance(head := await self.next_event(), h11.Request):
            request = Request(head.method.decode(), head.target.decode(), _decode(head.headers), self)
            reply = await self._answer(request)
            await self._pass_over(request)
            self._send(reply)
            if self._written is not None:
                await self._written
            if not self._is_over():
                return await self._linger()
            self._http.start_next_cycle()
        return None

    def _is_over(self) -> bool:
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _pass_over(self, request: Request) -> None:
        """Read what a refusal left unread, where its end is near, so that the connection can be used again."""
        if request.is_read or self._http.they_are_waiting_for_100_continue:
            return
        length = request.headers.get("content-length", "" if "transfer-encoding" in request.headers else "0")
        if length.isdecimal() and int(length) <= _MOST_DISCARDED:
            while await request.read_chunk():
                pass

    async def _linger(self) -> None:
        """Close without a reset that would take the reply away from a client that still sends."""
        if self.gone.done():
            return
        self._is_discarding = True
        self._transport.write_eof()
        self._transport.resume_reading()
        await asyncio.wait({self.gone}, timeout=_LINGER)

    def _send(self, reply: Reply) -> None:
        headers = [*reply.headers.items(), ("content-length", str(len(reply.body)))]
        parts = (h11.Response(status_code=reply.status, headers=headers), h11.Data(data=reply.body), h11.EndOfMessage())
        self._transport.write(b"".join(self._http.send(part) or b"" for part in parts))


def _decode(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
