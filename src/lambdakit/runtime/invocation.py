"""One event, and the one answer it gets."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import Any, Protocol

from lambdakit.observability.current import Current
from lambdakit.runtime.client import Event, Outcome, post_outcome
from lambdakit.runtime.connection import BlockingConnection
from lambdakit.runtime.context import Context
from lambdakit.runtime.failures import ReportedError
from lambdakit.runtime.results import make_outcome, read_event, read_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdakit.runtime.streaming import Stream

_logger = logging.getLogger("lambdakit.runtime")


class Invocation(ABC):
    """One event and the means to answer it, once; `deadline` is in seconds since the epoch."""

    def __init__(self, event: Event, address: str) -> None:
        """Take an event and the address of the Runtime API.

        Raises:
            ReportedError: The event, or what came with it, is not what it is said to be.
        """
        headers = event.headers
        self.source = event
        """The event as it came."""
        self.deadline = event.deadline
        self.is_answered = False
        self.stream_begun: Stream | None = None
        """The response that has been begun piece by piece."""
        self.context = Context(
            event.request_id,
            deadline=event.deadline,
            function_arn=headers.get("lambda-runtime-invoked-function-arn"),
            tenant_id=headers.get("lambda-runtime-aws-tenant-id"),
            client_context=read_header(event, "lambda-runtime-client-context", "client context"),
            identity=read_header(event, "lambda-runtime-cognito-identity", "Cognito identity"),
        )
        self.event: Any = read_event(event)
        self._address = address

    async def respond(self, result: Any) -> None:
        """Post the whole result now: JSON, or bytes as they are.

        Raises:
            RuntimeError: The event has its answer.
            ReportedError: JSON has no form for the result.
        """
        await self.deliver(make_outcome(result))

    async def respond_with(self, result: Awaitable[Any]) -> None:
        """Post the result of what is awaited."""
        await self.respond(await result)

    @abstractmethod
    async def deliver(self, outcome: Outcome) -> None:
        """Post an outcome; what is not accepted is logged. RuntimeError when the event has its answer."""

    async def stream(self, content_type: str) -> "Stream":
        """Begin a response that is sent piece by piece.

        Raises:
            RuntimeError: The event has its answer.
            ConnectionError: The Runtime API takes no response.
        """
        from lambdakit.runtime.streaming import Stream  # noqa: PLC0415 (a buffered answer needs no event loop)

        self._take_the_answer()
        stream = Stream(self.source, self._address)
        try:
            await stream.begin(content_type)
        except ConnectionError:
            # Nothing of it has arrived, so that the event can still have another answer.
            self.is_answered = False
            raise
        self.stream_begun = stream
        return stream

    def require_answer(self) -> None:
        """Raise ReportedError where there is none although the handler has ended."""
        if not self.is_answered:
            raise ReportedError("Runtime.NoResponse", "the handler returned without an answer to the event")

    def _take_the_answer(self) -> None:
        if self.is_answered:
            raise RuntimeError("this event has its answer already; an event takes one")
        self.is_answered = True


class BlockingInvocation(Invocation):
    """The one invocation of an environment that takes one at a time: nothing else has to go on while it is answered."""

    def __init__(self, event: Event, connection: BlockingConnection) -> None:
        super().__init__(event, connection.address)
        self._connection = connection

    def post(self, outcome: Outcome) -> None:
        """Post an outcome; what is not accepted is logged. RuntimeError when the event has its answer."""
        self._take_the_answer()
        if problem := self._connection.run(post_outcome(self.source, outcome)):
            _logger.error("%s", problem)

    async def deliver(self, outcome: Outcome) -> None:
        """Post an outcome at once."""
        self.post(outcome)


def make_current(event: Event, *, is_cold_start: bool) -> Current:
    """Return what logs have to know of an event."""
    headers = event.headers
    return Current(
        event.request_id,
        headers.get("lambda-runtime-trace-id"),
        headers.get("lambda-runtime-aws-tenant-id"),
        event.deadline,
        is_cold_start,
    )


class InvocationHandler(Protocol):
    """A handler that answers by itself; what it does after its answer is work after the response."""

    async def serve_invocation(self, invocation: Invocation) -> None:
        """Answer one event."""
        ...
