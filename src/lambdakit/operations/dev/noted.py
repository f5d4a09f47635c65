"""Functions whose invocations somebody is told of."""

from typing import Unpack

from lambdakit.emulator import FunctionConfiguration, InvokeOptions, Outcome
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.replaceable import ReplaceableFunction


class NotedFunction:
    """A function whose invocations the listener is told of; `source` says what brings them."""

    def __init__(self, function: ReplaceableFunction, listener: Listener, source: str) -> None:
        self._function = function
        self._listener = listener
        self._source = source

    @property
    def configuration(self) -> FunctionConfiguration:
        """What the code that answers was started with."""
        return self._function.configuration

    async def invoke(self, payload: bytes, **options: Unpack[InvokeOptions]) -> Outcome:
        """Invoke the function as `LocalFunction.invoke` does."""
        outcome = await self._function.invoke(payload, **options)
        self._listener.invocation(self._function.name, self._source, outcome)
        return outcome
