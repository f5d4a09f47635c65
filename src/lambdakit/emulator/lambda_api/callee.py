from collections.abc import Callable, Mapping
from typing import Protocol

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.runtime_api.receiver import Receiver


class Callee(Protocol):
    """A function that the API knows, as `LocalFunction` is one."""

    @property
    def configuration(self) -> FunctionConfiguration:
        """The function's settings now."""
        ...

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
        request_id: str | None = None,
    ) -> Outcome:
        """Invoke the function with an event."""
        ...


Note = Callable[[str, str, Outcome], None]
"""Gets the name of a function, what brought an invocation of it in a few words, and what the invocation came to."""


class Noted:
    """A function whose invocations are told of when they are over."""

    def __init__(self, function: Callee, source: str, note: Note) -> None:
        self._function = function
        self._source = source
        self._note = note

    @property
    def configuration(self) -> FunctionConfiguration:
        """The function's settings now."""
        return self._function.configuration

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
        request_id: str | None = None,
    ) -> Outcome:
        """Invoke the function and tell of it."""
        outcome = await self._function.invoke(
            payload, client_context=client_context, receiver=receiver, request_id=request_id
        )
        self._note(self.configuration.name, self._source, outcome)
        return outcome
