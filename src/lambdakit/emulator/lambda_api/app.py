import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from lambdakit.emulator.front_doors.admission import HungUp
from lambdakit.emulator.front_doors.origins import find_foreign, refuse_foreign
from lambdakit.emulator.front_doors.running import Running
from lambdakit.emulator.lambda_api import replies
from lambdakit.emulator.lambda_api.asynchronous import AsynchronousCalls, AsynchronousSettings, Destination
from lambdakit.emulator.lambda_api.call import Call, Message, Receive, read_call
from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.descriptions import describe_configuration, describe_function
from lambdakit.emulator.lambda_api.event_configs import EventConfigs
from lambdakit.emulator.lambda_api.log_tails import LogTails
from lambdakit.emulator.lambda_api.names import find_function
from lambdakit.emulator.lambda_api.replies import Reply
from lambdakit.emulator.lambda_api.streaming import invoke_with_stream
from lambdakit.emulator.lambda_api.synchronous import invoke

_Send = Callable[[Message], Awaitable[None]]

_FUNCTIONS = ["2015-03-31", "functions"]
_STREAMING = ["2021-11-15", "functions"]
_EVENT_CONFIGS = ["2019-09-25", "functions"]
_DEFAULTS = AsynchronousSettings()
_PAGE = 50


class LambdaApi:
    """Lambda's API for invoking functions and asking about them, as an ASGI app; signatures are not looked at.

    `functions` are those of each name, which may change meanwhile, and `tails` is told of their logs. `settings` says
    what happens to the events of a function that nobody waits for, where callers set nothing else; `find_destination`
    leads from the ARN of a destination that they set to what gets its records. `log` gets what a developer has to know.
    Only clients that mean this machine are served.
    """

    def __init__(
        self,
        functions: Mapping[str, Callee],
        tails: LogTails,
        *,
        log: Callable[[str], None],
        settings: Callable[[str], AsynchronousSettings] = lambda _: _DEFAULTS,
        find_destination: Callable[[str], Destination | None] = lambda _: None,
    ) -> None:
        self._functions = functions
        self._tails = tails
        self._log = log
        self._running = Running()
        self._event_configs = EventConfigs(settings, find_destination)
        self._asynchronous = AsynchronousCalls(functions, self._event_configs.settings, log)

    async def __call__(self, scope: Any, receive: Receive, send: _Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1002})
            return
        if reason := find_foreign(dict(scope["headers"])):
            self._log(f"refused {scope['method']} {scope['path']!r}: {reason}")
            await refuse_foreign(send, reason)
            return
        try:
            call = await read_call(scope, receive, str(uuid.uuid4()))
        except HungUp:
            self._log(f"the caller of {scope['method']} {scope['path']} has hung up before its request was complete")
            return
        try:
            reply = await self._answer(scope, call, receive, send)
        except replies.Refused as refusal:
            reply = refusal.reply
        if reply is not None:
            await _send_reply(send, reply, call.request_id)

    async def _answer(self, scope: Any, call: Call, receive: Receive, send: _Send) -> Reply | None:
        """Return the reply, or nothing when it has been sent piece by piece."""
        method, raw_path = scope["method"], scope["raw_path"].decode("latin-1")
        first, second, *below = [unquote(part) for part in raw_path.strip("/").split("/")] + [""] * 2
        path = [part for part in below if part]
        if [first, second] not in (_FUNCTIONS, _STREAMING, _EVENT_CONFIGS):
            raise replies.unknown_operation() if not first[:4].isdecimal() else replies.not_emulated(method, raw_path)
        match (first, method, path):
            case ("2015-03-31", "POST", [name, "invocations"]):
                return await self._invoke(name, call)
            case ("2021-11-15", "POST", [name, "response-streaming-invocations"]):
                return await self._stream(name, call, receive, send)
            case ("2019-09-25", _, [name, "event-invoke-config", *rest]):
                return self._configure_events((method, *rest), self._find(name, call), call)
            case ("2015-03-31", "GET", []):
                return self._list(call)
            case ("2015-03-31", "GET", [name]):
                return replies.answer(describe_function(self._find(name, call)))
            case ("2015-03-31", "GET", [name, "configuration"]):
                return replies.answer(describe_configuration(self._find(name, call).configuration))
            case _:
                raise replies.not_emulated(method, raw_path)

    def _find(self, name: str, call: Call) -> Callee:
        return find_function(self._functions, name, call.qualifier)

    async def _invoke(self, name: str, call: Call) -> Reply:
        kind = call.find_kind("RequestResponse", "Event", "DryRun")
        function = self._find(name, call)
        call.check(kind)
        if kind == "DryRun":
            return Reply(204, b"", {})
        if kind == "RequestResponse":
            return await invoke(function, call, self._tails, self._running)
        self._asynchronous.accept(function.configuration.name, call.payload, call.request_id)
        return Reply(202, b"", {})

    async def _stream(self, name: str, call: Call, receive: Receive, send: _Send) -> Reply | None:
        kind = call.find_kind("RequestResponse", "DryRun")
        function = self._find(name, call)
        call.check(kind)
        if kind == "DryRun":
            return Reply(204, b"", {})
        await invoke_with_stream(function, call, self._tails, self._running, receive, send)
        return None

    def _configure_events(self, action: tuple[str, ...], function: Callee, call: Call) -> Reply:
        configs = self._event_configs
        match action:
            case ("PUT",) | ("POST",):
                return replies.answer(configs.put(function, call.body, keeps=action == ("POST",)))
            case ("GET",):
                return replies.answer(configs.get(function))
            case ("DELETE",):
                configs.delete(function)
                return Reply(204, b"", {})
            case ("GET", "list"):
                return replies.answer({"FunctionEventInvokeConfigs": configs.list_all(function)})
            case _:
                raise replies.unknown_operation()

    def _list(self, call: Call) -> Reply:
        marker, limit = call.query.get("Marker", [""])[-1], call.query.get("MaxItems", [""])[-1]
        size = min(int(limit), _PAGE) if limit.isdecimal() and int(limit) else _PAGE
        names = sorted(name for name in self._functions if name > marker)
        content: dict[str, object] = {
            "Functions": [describe_configuration(self._functions[name].configuration) for name in names[:size]]
        }
        if names[size:]:
            content["NextMarker"] = names[size - 1]
        return replies.answer(content)

    async def drain(self) -> None:
        """Wait until no invocation runs and no event is left."""
        await self._running.drain()
        await self._asynchronous.drain()

    async def close(self) -> None:
        """Forget the events that are left, and end what runs."""
        await self._asynchronous.close()
        await self._running.cancel()


async def _send_reply(send: _Send, reply: Reply, request_id: str) -> None:
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers.items()]
    headers.append((b"x-amzn-requestid", request_id.encode()))
    if reply.status != 204:  # noqa: PLR2004 (a status without a body has no length either)
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
