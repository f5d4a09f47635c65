"""What a handler that answers by itself is given for each event."""

from typing import Any, Protocol


class Stream(Protocol):
    """A response that is sent piece by piece."""

    async def send(self, chunk: bytes) -> None:
        """Send a chunk at once, waiting while it is not read; ConnectionError when the reader is gone."""
        ...

    async def end(self) -> None:
        """End the response as complete."""
        ...

    async def fail(self, error_type: str, error: BaseException | str) -> None:
        """End the response with error trailers."""
        ...


class Invocation(Protocol):
    """One event and the means to answer it, once; `deadline` is in seconds since the epoch."""

    event: Any
    context: Any
    deadline: float
    is_answered: bool

    async def respond(self, result: Any) -> None:
        """Post the buffered result now: JSON, or bytes as they are; a second answer raises RuntimeError."""
        ...

    async def stream(self, content_type: str) -> Stream:
        """Begin a streamed response; a second answer raises RuntimeError."""
        ...


class InvocationHandler(Protocol):
    """A handler that answers by itself; what it does after its answer is work after the response."""

    async def serve_invocation(self, invocation: Invocation) -> None:
        """Answer one event."""
        ...
