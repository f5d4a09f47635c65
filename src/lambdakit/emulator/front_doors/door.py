"""A service in front of one function, as an ASGI app."""

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from lambdakit.emulator.authorizers import Authorized, Authorizer
from lambdakit.emulator.front_doors.exchange import Exchange, Message, Send
from lambdakit.emulator.front_doors.gateways import GatewayRules
from lambdakit.emulator.front_doors.origins import find_foreign, refuse_foreign
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.runtime_api.receiver import Receiver
from lambdakit.errors import PayloadTooLarge, Throttled
from lambdakit.events import Gateway, Request, Response
from lambdakit.events.path import decode_path

_Receive = Callable[[], Awaitable[Message]]


class Visit(NamedTuple):
    """One request that a front door has served, when its invocation is over; `outcome` is None without one."""

    method: str
    path: str
    status: int
    outcome: Outcome | None = None


class Invocable(Protocol):
    """What a front door calls, as `LocalFunction` does it."""

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None) -> Outcome:
        """Invoke the function with an event."""
        ...


class FrontDoor:
    """Turns HTTP requests into a service's events and a function's answers into its responses.

    With `streams`, a response that the function streams goes out piece by piece, where the service does so. `log` gets
    what a developer has to know, such as why a result cannot be read. Only clients that mean this machine are served:
    a foreign `Host` or `Origin` is refused, as any web page can send requests here. `note` gets each visit at its end.
    With an `authorizer`, only requests reach the function that it lets pass.
    """

    def __init__(
        self,
        function: Invocable,
        rules: GatewayRules,
        *,
        streams: bool = False,
        log: Callable[[str], None],
        note: Callable[[Visit], None] = lambda _: None,
        authorizer: Authorizer | None = None,
    ) -> None:
        self.function = function
        self._rules = rules
        self._streams = streams and rules.streams
        self._log = log
        self._note = note
        self._authorizer = authorizer
        self._invocations: set[asyncio.Task[Outcome]] = set()

    async def __call__(self, scope: Any, receive: _Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1002})
            return
        if reason := find_foreign(dict(scope["headers"])):
            self._log(f"refused {scope['method']} {scope['path']!r}: {reason}")
            await refuse_foreign(send, reason)
            return
        method, shown = scope["method"], _shown_path(scope)
        gateway = _describe(scope)
        exchange = Exchange(self._rules, gateway, send, streams=self._streams)
        admitted = await self._admit(scope, receive, gateway)
        if isinstance(admitted, Response):
            await exchange.respond(admitted)
            self._note(Visit(method, shown, exchange.status))
            return
        invocation = self._invoke(*admitted, exchange)
        try:
            await self._serve(exchange, invocation, receive)
        finally:
            invocation.add_done_callback(lambda done: self._note(_sum_up(method, shown, exchange, done)))

    async def _admit(self, scope: Any, receive: _Receive, gateway: Gateway) -> tuple[Request, Gateway] | Response:
        """Return the request for the function, and what is known of who sends it, or the service's refusal."""
        body = await _read(receive, self._rules.request_limit)
        if body is None:
            return self._rules.refusals["too large"]
        if not self._is_of_stage(scope["raw_path"]):
            return self._rules.refusals["not found"]
        request = _make_request(scope, body, root_path=f"/{self._rules.stage}" if self._rules.stage else "")
        verdict = Authorized() if self._authorizer is None else await self._authorizer.authorize(request, gateway)
        if isinstance(verdict, Response):
            return verdict
        return request.behind_root(), gateway._replace(authorizer=verdict.context, identity=verdict.identity)

    def _is_of_stage(self, raw_path: bytes) -> bool:
        prefix = f"/{self._rules.stage}".encode() if self._rules.stage else b""
        return raw_path.startswith(prefix) and raw_path[len(prefix) : len(prefix) + 1] in {b"", b"/"}

    def _invoke(self, request: Request, gateway: Gateway, exchange: Exchange) -> "asyncio.Task[Outcome]":
        event = self._rules.event_format.encode_request(request, gateway)
        work = self.function.invoke(json.dumps(event).encode(), receiver=exchange)
        invocation = asyncio.create_task(work)
        # The invocation may go on after the response, as a function may.
        self._invocations.add(invocation)
        invocation.add_done_callback(self._forget)
        return invocation

    async def _serve(self, exchange: Exchange, invocation: "asyncio.Task[Outcome]", receive: _Receive) -> None:
        leaving = asyncio.create_task(_wait_for_hang_up(receive))
        try:
            await self._answer(exchange, invocation, leaving)
        finally:
            leaving.cancel()

    async def _answer(
        self, exchange: Exchange, invocation: "asyncio.Task[Outcome]", leaving: "asyncio.Task[None]"
    ) -> None:
        limit = self._rules.stream_limit if self._streams else self._rules.time_limit
        awaited = {exchange.answered, invocation, leaving}
        done, _ = await asyncio.wait(awaited, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if exchange.answered in done:
            if note := await exchange.finish(exchange.answered.result()):
                self._log(note)
        elif leaving in done:
            exchange.is_gone = True
        elif invocation in done:
            await exchange.respond(self._refusal(invocation))
        else:
            exchange.is_gone = True
            await exchange.give_up()

    def _refusal(self, invocation: "asyncio.Task[Outcome]") -> Response:
        error = invocation.exception()
        if isinstance(error, Throttled):
            refusal = self._rules.refusals["throttled"]
            return refusal._replace(body=refusal.body.replace(b"$reason", error.reason.encode()))
        if isinstance(error, PayloadTooLarge):
            return self._rules.refusals["too large"]
        self._log(f"the function was not invoked: {error}")
        return self._rules.refusals["failed"]

    def _forget(self, invocation: "asyncio.Task[Outcome]") -> None:
        self._invocations.discard(invocation)
        # Asked for, so that asyncio does not log again what a client was told.
        if not invocation.cancelled():
            invocation.exception()

    async def drain(self) -> None:
        """Wait until no invocation runs any more."""
        while self._invocations:
            await asyncio.wait(self._invocations)


def _sum_up(method: str, path: str, exchange: Exchange, invocation: "asyncio.Task[Outcome]") -> Visit:
    is_over = not invocation.cancelled() and invocation.exception() is None
    return Visit(method, path, exchange.status, invocation.result() if is_over else None)


def _shown_path(scope: Any) -> str:
    query = scope["query_string"].decode("latin-1")
    return scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")


async def _read(receive: _Receive, limit: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _wait_for_hang_up(receive: _Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _describe(scope: Any) -> Gateway:
    now = time.time()
    client, server = scope.get("client") or ("127.0.0.1", 0), scope.get("server") or ("127.0.0.1", 80)
    return Gateway(
        scheme=scope["scheme"],
        port=server[1],
        source_ip=client[0],
        request_id=str(uuid.uuid4()),
        trace_id=f"Root=1-{int(now):08x}-{secrets.token_hex(12)}",
        time=datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        time_epoch=int(now * 1000),
    )


def _make_request(scope: Any, body: bytes, *, root_path: str) -> Request:
    return Request(
        method=scope["method"],
        path=decode_path(scope["raw_path"].decode("latin-1")),
        raw_path=scope["raw_path"],
        query=scope["query_string"],
        headers=[(bytes(name), bytes(value)) for name, value in scope["headers"]],
        body=body,
        root_path=root_path,
        http_version=scope["http_version"],
    )
