import asyncio
import json
import uuid
from collections.abc import Callable, Collection
from typing import Literal, NamedTuple, cast

from lambdakit.emulator.runtime_api.answer import ERROR_TYPE, Answer, clean_type
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.runtime_api.listener import Reply, Request
from lambdakit.emulator.runtime_api.refusal import forbid, refuse

ShutdownReason = Literal["SPINDOWN", "TIMEOUT", "FAILURE"]
"""Why an environment ends, as a SHUTDOWN event says it."""

_PREFIX = "/2020-01-01/extension"
_MOST = 10
_BODY_LIMIT = 65_536
_ACCEPTED = Reply(202, b'{"status":"OK"}')


class ExtensionFailure(NamedTuple):
    """What ends an environment because of an extension: its name, AWS's type of error, and an exit code or a reason."""

    name: str
    error_type: str
    cause: int | str


class Extension:
    """One registered extension; `is_waiting` between its request for an event and the event."""

    def __init__(self, name: str, events: Collection[str]) -> None:
        self.name = name
        self.events = frozenset(events)
        self.identifier = str(uuid.uuid4())
        self.waiting: asyncio.Future[bytes] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it has asked for its next event and not got it."""
        return self.waiting is not None

    def send(self, event: dict[str, object]) -> None:
        """Give an event to an extension that waits for it and subscribed to its type."""
        if self.waiting is not None and event["eventType"] in self.events and not self.waiting.done():
            self.waiting.set_result(json.dumps(event).encode())
            self.waiting = None


class Extensions:
    """The Extensions API of one environment.

    `external` names the extensions that were started beside the runtime; all others are internal and cannot ask for
    SHUTDOWN. `changed` is called when one asks for its next event. `error` is what one reported; `failed` completes
    with it, or when `fail` is called, `registered` when all external ones have.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    """

    def __init__(
        self, changed: Callable[[], None], *, function_name: str, handler: str, external: Collection[str] = ()
    ) -> None:
        self.is_registration_open = True
        self.error: Answer | None = None
        self._changed = changed
        self._function = {"functionName": function_name, "functionVersion": "$LATEST", "handler": handler}
        self._external = frozenset(external)
        self._registered: dict[str, Extension] = {}
        loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[ExtensionFailure] = loop.create_future()
        self.registered: asyncio.Future[None] = loop.create_future()

    def __bool__(self) -> bool:
        return bool(self._registered)

    def adopt(self, others: "Extensions") -> None:
        """Take over the extensions of a snapshot, each waiting for its next event."""
        for identifier, other in others._registered.items():  # noqa: SLF001 (one of its own class)
            extension = self._registered[identifier] = Extension(other.name, other.events)
            extension.waiting = asyncio.get_running_loop().create_future()

    @property
    def are_waiting(self) -> bool:
        """Whether every extension has asked for its next event."""
        return all(each.is_waiting for each in self._registered.values())

    def fail(self, failure: ExtensionFailure) -> None:
        """Note the first failure, which ends the environment."""
        if not self.failed.done():
            self.failed.set_result(failure)

    @property
    def external(self) -> list[Extension]:
        """The registered ones that are processes of their own."""
        return [each for each in self._registered.values() if each.name in self._external]

    def invoke(self, invocation: Invocation) -> None:
        """Tell those that subscribed of an invocation."""
        event: dict[str, object] = {
            "eventType": "INVOKE",
            "deadlineMs": int(invocation.deadline * 1000),
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.function_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id},
        }
        self._send(event)

    def shut_down(self, reason: ShutdownReason, deadline: float) -> None:
        """Tell those that subscribed that the environment ends; `deadline` is in seconds since the epoch."""
        self._send({"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": int(deadline * 1000)})

    def _send(self, event: dict[str, object]) -> None:
        for extension in self._registered.values():
            extension.send(event)

    async def serve(self, request: Request) -> Reply:
        """Answer a call of the Extensions API."""
        match request.method, request.path.removeprefix(_PREFIX):
            case "POST", "/register":
                return await self._register(request)
            case "GET", "/event/next":
                return await self._next(request)
            case "POST", "/init/error" | "/exit/error" as path:
                return await self._fail(request, "Extension.InitError" if "init" in path else "Extension.ExitError")
            case _:
                return refuse(404, "NotFound", f"the Extensions API has no {request.method} {request.path}")

    async def _register(self, request: Request) -> Reply:
        body, length = await request.read(_BODY_LIMIT)
        name = request.headers.get("lambda-extension-name", "")
        events = _read_events(body) if length <= _BODY_LIMIT else None
        if not name:
            return forbid("Extension.InvalidExtensionName", "the header Lambda-Extension-Name is missing or empty")
        if events is None:
            return forbid("InvalidRequestFormat", 'the body is not {"events": [...]}')
        if refusal := self._find_fault(name, events):
            return refusal
        extension = Extension(name, events)
        self._registered[extension.identifier] = extension
        if len(self.external) == len(self._external) and not self.registered.done():
            self.registered.set_result(None)
        headers = {"content-type": "application/json", "lambda-extension-identifier": extension.identifier}
        return Reply(200, json.dumps(self._function | _find_account(request)).encode(), headers)

    def _find_fault(self, name: str, events: Collection[str]) -> Reply | None:
        allowed = {"INVOKE", "SHUTDOWN"} if name in self._external else {"INVOKE"}
        if wrong := set(events) - allowed:
            reason = "ShutdownEventNotSupportedForInternalExtension" if "SHUTDOWN" in wrong else "unknown event"
            return forbid("Extension.InvalidEventType", f"{', '.join(sorted(wrong))}: {reason}")
        if not self.is_registration_open:
            return forbid("Extension.RegistrationClosed", "init is over, and registration with it")
        if any(each.name == name for each in self._registered.values()):
            return forbid("Extension.InvalidExtensionState", f"an extension named {name} is registered already")
        if len(self._registered) >= _MOST:
            return forbid("Extension.TooManyExtensions", f"{_MOST} extensions are registered, and no more can be")
        return None

    async def _next(self, request: Request) -> Reply:
        extension = self._identify(request)
        if isinstance(extension, Reply):
            return extension
        if extension.waiting is not None:
            extension.waiting.cancel()
        waiting = extension.waiting = asyncio.get_running_loop().create_future()
        self._changed()
        await asyncio.wait({waiting})
        if waiting.cancelled():
            return forbid("Extension.InvalidExtensionState", "a later request for an event took the place of this one")
        headers = {"content-type": "application/json", "lambda-extension-event-identifier": str(uuid.uuid4())}
        return Reply(200, waiting.result(), headers)

    async def _fail(self, request: Request, phase: str) -> Reply:
        extension = self._identify(request)
        if isinstance(extension, Reply):
            return extension
        if ERROR_TYPE.replace("runtime", "extension", 1) not in request.headers:
            return forbid("Extension.MissingHeader", "the header Lambda-Extension-Function-Error-Type is missing")
        body, _ = await request.read(_BODY_LIMIT)
        self.error = Answer(body, clean_type(phase))
        named = request.headers[ERROR_TYPE.replace("runtime", "extension", 1)]
        self.fail(ExtensionFailure(extension.name, phase, clean_type(named)))
        return _ACCEPTED

    def identify(self, request: Request) -> Reply | None:
        """Return the refusal of a call that comes from no registered extension."""
        extension = self._identify(request)
        return extension if isinstance(extension, Reply) else None

    def _identify(self, request: Request) -> Extension | Reply:
        identifier = request.headers.get("lambda-extension-identifier")
        if not identifier:
            return forbid("Extension.MissingExtensionIdentifier", "the header Lambda-Extension-Identifier is missing")
        try:
            uuid.UUID(identifier)
        except ValueError:
            return forbid("Extension.InvalidExtensionIdentifier", "the header Lambda-Extension-Identifier is no UUID")
        unknown = forbid("Extension.UnknownExtensionIdentifier", f"no extension has the identifier {identifier}")
        return self._registered.get(identifier, unknown)


def _read_events(body: bytes) -> list[str] | None:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    events: object = cast("dict[str, object]", content).get("events") or []
    if not isinstance(events, list) or not all(isinstance(each, str) for each in cast("list[object]", events)):
        return None
    return cast("list[str]", events)


def _find_account(request: Request) -> dict[str, str]:
    features = request.headers.get("lambda-extension-accept-feature", "").split(",")
    return {"accountId": "123456789012"} if "accountId" in map(str.strip, features) else {}
