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
from lambdakit.emulator.front_doors.admission import HungUp, judge_head, read_body, strip_stage
from lambdakit.emulator.front_doors.exchange import Exchange, Message, Send
from lambdakit.emulator.front_doors.gateways import GatewayRules
from lambdakit.emulator.front_doors.patience import wait_for_first
from lambdakit.emulator.front_doors.running import Running
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.runtime_api.receiver import Receiver
from lambdakit.errors import PayloadTooLarge, Throttled
from lambdakit.events import Gateway, Request, Response
from lambdakit.events.path import decode_path
from lambdakit.events.rest_api import find_resource, first_accepted

_Receive = Callable[[], Awaitable[Message]]


_PREFLIGHT = (
    "a browser's preflight was refused, as it never has credentials; on AWS it is too, unless the gateway itself "
    "answers for other origins or has a route for OPTIONS that everybody may call"
)


class Visit(NamedTuple):
    """One request that a front door has served, when its invocation is over; `outcome` is None without one.

    `has_left` says that the client did not wait for the whole answer.
    """

    method: str
    path: str
    status: int
    outcome: Outcome | None = None
    has_left: bool = False


class Invocable(Protocol):
    """What a front door calls, as `LocalFunction` does it."""

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None) -> Outcome:
        """Invoke the function with an event."""
        ...


class FrontDoor:
    """Turns HTTP requests into a service's events and a function's answers into its responses.

    With `streams`, a response that the function streams goes out piece by piece, where the service does so. `log` gets
    what a developer has to know, such as why a result cannot be read. `note` gets each visit at its end. With an
    `authorizer`, only requests reach the function that it lets pass.
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
        # An invocation may go on after the response, as a function may.
        self._invocations = Running()

    async def __call__(self, scope: Any, receive: _Receive, send: Send) -> None:
        """Serve one connection's request."""
        method, shown = scope["method"], _shown_path(scope)
        gateway = self._describe(scope)
        exchange = Exchange(self._rules, gateway, send, streams=self._streams)
        try:
            admitted = await self._admit(scope, receive, gateway)
        except HungUp:
            self._log(f"the client of {method} {shown} has hung up before its request was complete")
            return
        if isinstance(admitted, Response):
            await exchange.respond(admitted)
            self._note(Visit(method, shown, exchange.status))
            return
        invocation = self._invoke(*admitted, exchange)
        try:
            await self._serve(exchange, invocation, receive)
        finally:
            invocation.add_done_callback(lambda done: self._note(_sum_up(method, shown, exchange, done)))

    def _describe(self, scope: Any) -> Gateway:
        return _describe(scope)._replace(
            stage=self._rules.stage,
            stage_variables=self._rules.stage_variables,
            binary_media_types=self._rules.binary_media_types,
            accept=first_accepted(scope["headers"]),
        )

    async def _admit(self, scope: Any, receive: _Receive, gateway: Gateway) -> tuple[Request, Gateway] | Response:
        """Return the request for the function, and what is known of it and its sender, or the service's refusal."""
        rules, refusals = self._rules, self._rules.refusals
        if refusal := judge_head(scope, rules.head_limits):
            return refusals[refusal]
        body = await read_body(receive, rules.request_limit)
        if body is None:
            return refusals["too large"]
        path = strip_stage(scope["raw_path"], rules.stage)
        if path is None:
            self._log(f"no path of the stage {rules.stage}: its paths begin with /{rules.stage}")
            return refusals["not found"]
        if (route := find_resource(rules.routes, path)) is None:
            return refusals["no route"]
        gateway = gateway._replace(route=route)
        request = _make_request(scope, body, root_path=f"/{rules.stage}" if rules.stage else "")
        verdict = Authorized() if self._authorizer is None else await self._authorizer.authorize(request, gateway)
        if isinstance(verdict, Response):
            if _is_preflight(request):
                self._log(_PREFLIGHT)
            return verdict
        return request.behind_root(), gateway._replace(authorizer=verdict.context, identity=verdict.identity)

    def _invoke(self, request: Request, gateway: Gateway, exchange: Exchange) -> "asyncio.Task[Outcome]":
        event = self._rules.event_format.encode_request(request, gateway)
        return self._invocations.start(self.function.invoke(json.dumps(event).encode(), receiver=exchange))

    async def _serve(self, exchange: Exchange, invocation: "asyncio.Task[Outcome]", receive: _Receive) -> None:
        leaving = asyncio.create_task(_wait_for_hang_up(receive))
        try:
            await self._answer(exchange, invocation, leaving)
        finally:
            leaving.cancel()

    async def _answer(
        self, exchange: Exchange, invocation: "asyncio.Task[Outcome]", leaving: "asyncio.Task[None]"
    ) -> None:
        rules = self._rules
        limit, idle = (rules.stream_limit, rules.idle_limit) if self._streams else (rules.time_limit, None)
        awaited = {exchange.answered, invocation, leaving}
        done = await wait_for_first(awaited, limit=limit, idle=idle, moved=lambda: exchange.moved)
        if exchange.answered in done:
            if note := await exchange.finish(exchange.answered.result()):
                self._log(note)
        elif leaving in done:
            exchange.is_gone = exchange.has_left = True
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
            return self._rules.refusals["event too large"]
        self._log(f"the function was not invoked: {error}")
        return self._rules.refusals["failed"]

    async def drain(self) -> None:
        """Wait until no invocation runs any more."""
        await self._invocations.drain()


def _sum_up(method: str, path: str, exchange: Exchange, invocation: "asyncio.Task[Outcome]") -> Visit:
    is_over = not invocation.cancelled() and invocation.exception() is None
    return Visit(method, path, exchange.status, invocation.result() if is_over else None, has_left=exchange.has_left)


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and any(name == b"access-control-request-method" for name, _ in request.headers)


def _shown_path(scope: Any) -> str:
    query = scope["query_string"].decode("latin-1")
    return scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")


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
