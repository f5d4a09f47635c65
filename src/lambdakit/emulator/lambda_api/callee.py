from collections.abc import Mapping
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
