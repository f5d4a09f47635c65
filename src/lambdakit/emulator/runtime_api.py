import asyncio
import base64
import binascii
import enum
import json
import re
import time
from typing import NamedTuple, Self, cast

from lambdakit.emulator.invocation import Invocation
from lambdakit.emulator.listener import Listener, Reply, Request
from lambdakit.errors import EnvironmentFault

PAYLOAD_LIMIT = 6_291_556
"""Bytes of a synchronous request or response: 6 MB and AWS's allowance for its envelope."""

_INVOCATION = re.compile(r"/2018-06-01/runtime/invocation/(?P<request_id>[^/]+)/(?P<kind>response|error)")
_ERROR_TYPE = "lambda-runtime-function-error-type"
_ERROR_BODY = "lambda-runtime-function-error-body"
_ACCEPTED = Reply(202, b'{"status":"OK"}')


class State(enum.Enum):
    """What the runtime is doing, as far as its calls tell."""

    STARTING = "starting"
    FAILED = "failed"
    IDLE = "idle"
    BUSY = "busy"
    ANSWERED = "answered"


class Answer(NamedTuple):
    """What the function posted: its result, or an error when `error_type` is set."""

    payload: bytes
    error_type: str | None = None


class RuntimeApi:
    """The Runtime API of one runtime process, with the rules of which call may follow which.

    `ready` completes when the runtime asks for its next invocation, with the moment it did so on `time.perf_counter`;
    each delivery begins a new one. `answer` is what was posted for the invocation delivered last, `init_error` what
    was posted instead of a first request.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    def __init__(self) -> None:
        self.state = State.STARTING
        self.ready: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.answer: Answer | None = None
        self.init_error: Answer | None = None
        self._current: Invocation | None = None
        self._parked: asyncio.Future[Invocation] | None = None
        self._listener = Listener(self._serve, _refuse, body_limit=PAYLOAD_LIMIT)

    @property
    def address(self) -> str:
        """Host and port, as `AWS_LAMBDA_RUNTIME_API` wants them."""
        return self._listener.address

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.__aexit__()

    def deliver(self, invocation: Invocation) -> None:
        """Give an invocation to the runtime that waits for one; EnvironmentFault when it does not wait."""
        if self.state is not State.IDLE or self._parked is None:
            raise EnvironmentFault("an invocation was delivered to a runtime that did not ask for one")
        self.state, self._current, self.answer = State.BUSY, invocation, None
        self.ready = asyncio.get_running_loop().create_future()
        self._parked.set_result(invocation)
        self._parked = None

    async def _serve(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/2018-06-01/runtime/invocation/next":
                return await self._next()
            case "POST", "/2018-06-01/runtime/init/error":
                return self._fail_init(request)
            case "POST", path if match := _INVOCATION.fullmatch(path):
                return self._take_answer(request, match["request_id"], is_error=match["kind"] == "error")
            case _:
                return _missing(request)

    async def _next(self) -> Reply:
        if self.state is State.FAILED:
            return _transition_error("the runtime has reported that its init failed")
        if self._current is not None:
            # AWS hands a runtime that lost its event on the way the same event again.
            return _event(self._current)
        if self._parked is not None:
            self._parked.cancel()
        self.state = State.IDLE
        parked = self._parked = asyncio.get_running_loop().create_future()
        if not self.ready.done():
            self.ready.set_result(time.perf_counter())
        await asyncio.wait({parked})
        if parked.cancelled():
            return _transition_error("a later request for the next invocation took the place of this one")
        return _event(parked.result())

    def _fail_init(self, request: Request) -> Reply:
        if self.state is not State.STARTING:
            return _transition_error(f"the runtime is {self.state.value}, its init is over")
        self.state = State.FAILED
        self.init_error = Answer(request.body, _find_error_type(request))
        return _ACCEPTED

    def _take_answer(self, request: Request, request_id: str, *, is_error: bool) -> Reply:
        current = self._current
        if current is None or not current.is_meant(request_id, request.headers.get("lambda-runtime-invocation-id")):
            return _error(400, "InvalidRequestID", f"{request_id} is not the current invocation or is answered already")
        if request.headers.get("lambda-runtime-function-response-mode", "streaming").lower() != "streaming":
            return _error(400, "InvalidFunctionResponseMode", "the only response mode that can be named is: streaming")
        self.state, self._current = State.ANSWERED, None
        if request.length > PAYLOAD_LIMIT:
            self.answer = _too_large()
            limit = f"exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes)"
            return _error(413, "RequestEntityTooLarge", limit)
        self.answer = Answer(request.body, _find_error_type(request)) if is_error else _read_result(request)
        return _ACCEPTED


def _event(invocation: Invocation) -> Reply:
    # awslambdaric's native client crashes without a content type, and passes bytes on for any other than this one.
    return Reply(200, invocation.payload, {"content-type": "application/json", **invocation.headers()})


def _read_result(request: Request) -> Answer:
    """Read a result; a streamed one says in its trailers that it broke off."""
    error_type = request.trailers.get(_ERROR_TYPE)
    if error_type is None:
        return Answer(request.body)
    try:
        return Answer(base64.b64decode(request.trailers.get(_ERROR_BODY, ""), validate=True), error_type)
    except binascii.Error:
        return Answer(_error_body(error_type, "the error body in the trailer is not base64"), error_type)


def _find_error_type(request: Request) -> str:
    """Find the type of a reported error: awslambdaric names it in the body alone, other runtimes in a header."""
    try:
        body: object = json.loads(request.body)
    except ValueError:
        body = None
    named = cast("dict[str, object]", body).get("errorType") if isinstance(body, dict) else None
    return named if isinstance(named, str) and named else request.headers.get(_ERROR_TYPE, "Runtime.Unknown")


def _too_large() -> Answer:
    error_type = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes)."
    return Answer(_error_body(error_type, message), error_type)


_MISSING = (
    (r"/2018-06-01/runtime/restore/(next|error)", 403, "InvalidStateTransition", "this environment has no snapshot"),
    (r"/2020-01-01/extension/.*", 403, "Extension.RegistrationClosed", "this environment runs no extensions"),
    (r"/(2022-07-01/telemetry|2020-08-15/logs)", 404, "NotFound", "this environment runs no extensions"),
    (r"/2021-04-23/credentials", 404, "NotFound", "credentials are in environment variables"),
    (r"/2026-01-15/metadata/.*", 404, "NotFound", "this environment has no metadata endpoint"),
)


def _missing(request: Request) -> Reply:
    for pattern, status, error_type, reason in _MISSING:
        if re.fullmatch(pattern, request.path):
            return _error(status, error_type, f"{request.method} {request.path}: {reason}")
    return _error(404, "NotFound", f"the Runtime API has no {request.method} {request.path}")


def _refuse(is_truncated: bool, reason: str) -> Reply:  # noqa: FBT001 (the listener's callback)
    return _error(400, "TruncatedHTTPRequest" if is_truncated else "InvalidHTTPRequest", reason)


def _transition_error(reason: str) -> Reply:
    return _error(403, "InvalidStateTransition", reason)


def _error(status: int, error_type: str, message: str) -> Reply:
    return Reply(status, _error_body(error_type, message))


def _error_body(error_type: str, message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": error_type}).encode()
