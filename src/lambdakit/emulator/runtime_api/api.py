import asyncio
import enum
import re
import time
from collections.abc import Callable, Collection
from typing import Self

from lambdakit.emulator.runtime_api.answer import PAYLOAD_LIMIT, STREAM_LIMIT, Answer, reported_error
from lambdakit.emulator.runtime_api.delivery import Delivery
from lambdakit.emulator.runtime_api.extensions import Extensions, ShutdownReason
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.runtime_api.listener import Listener, Reply, Request
from lambdakit.emulator.runtime_api.receiver import Receiver
from lambdakit.emulator.runtime_api.refusal import forbid_transition, refuse
from lambdakit.emulator.runtime_api.restoring import Credentials, Restoring
from lambdakit.emulator.runtime_api.slots import Slot, Slots
from lambdakit.emulator.runtime_api.throttle import Throttle
from lambdakit.errors import EnvironmentFault

__all__ = ["PAYLOAD_LIMIT", "Answer", "RuntimeApi", "State"]

_INVOCATION = re.compile(r"/2018-06-01/runtime/invocation/(?P<request_id>[^/]+)/(?P<kind>response|error)")
_ACCEPTED = Reply(202, b'{"status":"OK"}')


class State(enum.Enum):
    """What the runtime is doing, as far as its calls tell."""

    STARTING = "starting"
    FAILED = "failed"
    IDLE = "idle"
    BUSY = "busy"
    ANSWERED = "answered"


class RuntimeApi:
    """The Runtime API of one runtime process, with the rules of which call may follow which.

    `ready` completes when the runtime asks for its next invocation and every extension for its next event, with the
    moment on `time.perf_counter`; each delivery begins a new one. `answer` is what was posted for the invocation
    delivered last, `init_error` what was posted instead of a first request. `extensions` names those that are started
    beside the runtime. `max_concurrency` is that of Managed Instances, `restoring` and `credentials` are those of
    SnapStart.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    def __init__(
        self,
        *,
        function_name: str = "function",
        handler: str = "",
        extensions: Collection[str] = (),
        max_concurrency: int = 1,
        has_snapshot: bool = False,
        credentials: Credentials | None = None,
        throttle: Callable[[], Throttle] = Throttle,
    ) -> None:
        self.ready: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.init_error: Answer | None = None
        self.restoring = Restoring() if has_snapshot else None
        self.extensions = Extensions(self._settle, function_name=function_name, handler=handler, external=extensions)
        self._credentials = credentials
        self._throttle = throttle
        self._slots = Slots(max_concurrency)
        self._latest: Delivery | None = None
        self._has_asked = False
        self._listener = Listener(self._serve, _refuse)

    @property
    def address(self) -> str:
        """Host and port, as `AWS_LAMBDA_RUNTIME_API` wants them."""
        return self._listener.address

    @property
    def takes_many(self) -> bool:
        """Whether several invocations run at a time."""
        return self._slots.limit > 1

    @property
    def idle_slots(self) -> int:
        """How many more invocations can be delivered now."""
        return len(self._slots.waiting)

    @property
    def has_extensions(self) -> bool:
        """Whether an extension is registered, so that the function is told of its end."""
        return bool(self.extensions)

    @property
    def answer(self) -> Answer | None:
        """What was posted for the invocation delivered last."""
        return self._latest.answer if self._latest else None

    @property
    def state(self) -> State:
        """What the runtime is doing; idle as long as one slot is."""
        if self.init_error is not None:
            return State.FAILED
        if not self._has_asked:
            return State.STARTING
        if self._slots.waiting:
            return State.IDLE
        return State.BUSY if any(not each.answered.done() for each in self._slots.unended) else State.ANSWERED

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.__aexit__()

    def deliver(self, invocation: Invocation, receiver: Receiver | None = None) -> Delivery:
        """Give an invocation to a slot that waits for one; EnvironmentFault when none does.

        With a receiver, what the function streams goes to it and is not kept.
        """
        if self.state is not State.IDLE:
            raise EnvironmentFault("an invocation was delivered to a runtime that did not ask for one")
        delivery = self._latest = Delivery(invocation, receiver)
        self.ready = delivery.ended
        self._slots.fill(delivery)
        self.extensions.invoke(invocation)
        return delivery

    def shut_down(self, reason: ShutdownReason, deadline: float) -> None:
        """Tell the extensions that subscribed to it that the environment ends at `deadline`, in epoch seconds."""
        self.extensions.shut_down(reason, deadline)

    async def _serve(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/2018-06-01/runtime/invocation/next":
                return await self._next(request)
            case "POST", path if match := _INVOCATION.fullmatch(path):
                return await self._take_answer(request, match["request_id"], is_error=match["kind"] == "error")
            case "POST", "/2018-06-01/runtime/init/error":
                return await self._fail_init(request)
            case _, path if path.startswith("/2020-01-01/extension/"):
                return await self.extensions.serve(request)
            case "PUT", "/2022-07-01/telemetry" | "/2020-08-15/logs":
                return self.extensions.identify(request) or Reply(200, b'"OK"')
            case _:
                return await self._serve_snapshot(request)

    async def _serve_snapshot(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/2018-06-01/runtime/restore/next" if self.restoring and not self._has_asked:
                return await self.restoring.next()
            case "POST", "/2018-06-01/runtime/restore/error" if self.restoring:
                return await self.restoring.fail(request)
            case "GET", "/2021-04-23/credentials" if self._credentials:
                return self._credentials.reply(request)
            case _:
                return _missing(request)

    async def _next(self, request: Request) -> Reply:
        if self.state is State.FAILED:
            return forbid_transition("the runtime has reported that its init failed")
        if (lost := self._slots.lost()) is not None:
            if lost.is_open:
                return forbid_transition("an answer is still being sent")
            # AWS hands a runtime that lost its event on the way the same event again.
            return _event(lost)
        if (ended := self._slots.ended_by(request.connection)) is not None:
            ended.is_runtime_done = True
        elif self._slots.limit > 1 and not self._slots.has_room():
            return forbid_transition(f"all {self._slots.limit} slots are taken")
        return await self._wait(request, self._slots.park(request.connection))

    async def _wait(self, request: Request, slot: Slot) -> Reply:
        self._has_asked = True
        self._settle()
        awaited: set[asyncio.Future[Delivery] | asyncio.Future[None]] = {slot.event}
        if self._slots.limit > 1:
            awaited.add(request.gone)
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if slot.event.cancelled():
            return forbid_transition("a later request for the next invocation took the place of this one")
        if not slot.event.done():
            self._slots.drop(slot)
            return forbid_transition("the client is gone")
        delivery = slot.event.result()
        request.gone.add_done_callback(lambda _: delivery.lose_carrier())
        return _event(delivery)

    def _settle(self) -> None:
        """End what is over: init, or invocations whose runtime and extensions have asked for what comes next."""
        if not self._has_asked or not self.extensions.are_waiting:
            return
        now = time.perf_counter()
        self.extensions.is_registration_open = False
        for delivery in [each for each in self._slots.unended if each.is_runtime_done]:
            self._slots.unended.remove(delivery)
            delivery.ended.set_result(now)
        if self._latest is None and not self.ready.done():
            self.ready.set_result(now)

    async def _fail_init(self, request: Request) -> Reply:
        if self.state is not State.STARTING:
            return forbid_transition(f"the runtime is {self.state.value}, its init is over")
        body, _ = await request.read(PAYLOAD_LIMIT)
        self.init_error = reported_error(body, request.headers)
        return _ACCEPTED

    def _refuse_answer(self, request_id: str, invocation_id: str | None) -> Reply:
        answered = any(each.invocation.is_meant(request_id, invocation_id) for each in self._slots.unended)
        # AWS's emulator tells the two apart for a runtime with one slot, and not for those of Managed Instances.
        if answered and self._slots.limit == 1:
            return forbid_transition("the invocation has its answer already")
        return refuse(400, "InvalidRequestID", f"{request_id} is not the current invocation or is answered already")

    async def _take_answer(self, request: Request, request_id: str, *, is_error: bool) -> Reply:
        invocation_id = request.headers.get("lambda-runtime-invocation-id")
        delivery = self._slots.find(request_id, invocation_id)
        if delivery is None:
            return self._refuse_answer(request_id, invocation_id)
        if delivery.is_open:
            return forbid_transition("another answer to this invocation is still being sent")
        mode = request.headers.get("lambda-runtime-function-response-mode")
        if mode is not None and mode.lower() != "streaming":
            return refuse(400, "InvalidFunctionResponseMode", "the only response mode that can be named is: streaming")
        delivery.connections.add(request.connection)
        if is_error:
            await delivery.take_error(request)
            return _ACCEPTED
        is_streamed = mode is not None
        answer = await (
            delivery.take_stream(request, self._throttle) if is_streamed else delivery.take_response(request)
        )
        if answer.error_type != "Function.ResponseSizeTooLarge":
            return _ACCEPTED
        limit = STREAM_LIMIT if is_streamed else PAYLOAD_LIMIT
        return refuse(413, "RequestEntityTooLarge", f"exceeded maximum allowed payload size ({limit} bytes)")


def _event(delivery: Delivery) -> Reply:
    # awslambdaric's native client crashes without a content type, and passes bytes on for any other than this one.
    headers = {"content-type": "application/json", **delivery.invocation.headers()}
    return Reply(200, delivery.invocation.payload, headers)


_MISSING = (
    (r"/2018-06-01/runtime/restore/(next|error)", 403, "InvalidStateTransition", "this environment has no snapshot"),
    (r"/2021-04-23/credentials", 404, "NotFound", "credentials are in environment variables"),
    (r"/2026-01-15/metadata/.*", 404, "NotFound", "this environment has no metadata endpoint"),
)


def _missing(request: Request) -> Reply:
    for pattern, status, error_type, reason in _MISSING:
        if re.fullmatch(pattern, request.path):
            return refuse(status, error_type, f"{request.method} {request.path}: {reason}")
    return refuse(404, "NotFound", f"the Runtime API has no {request.method} {request.path}")


def _refuse(is_truncated: bool, reason: str) -> Reply:  # noqa: FBT001 (the listener's callback)
    return refuse(400, "TruncatedHTTPRequest" if is_truncated else "InvalidHTTPRequest", reason)
