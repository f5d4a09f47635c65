"""A function with the code of one moment."""

import asyncio
from collections.abc import Callable
from typing import Unpack

from lambdakit.emulator import Answer, FunctionConfiguration, InvokeOptions, LocalFunction, Outcome, Record


class Generation:
    """A function's environments, all with the code that was on disk when they started.

    It takes invocations until it is retired; `retire` lets those that run end first. With `takes_turns` each gets
    another environment than the one before. Under a debugger there is one environment, and what comes meanwhile waits.
    """

    def __init__(
        self, configuration: FunctionConfiguration, *, keep: Callable[[Record], None], takes_turns: bool = False
    ) -> None:
        self.configuration = configuration
        self.has_started = False
        self._local = LocalFunction(configuration, log=_discard, keep=keep, takes_turns=takes_turns)
        self._running = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def open(self) -> None:
        """Take invocations from now on."""
        await self._local.__aenter__()

    async def start(self) -> Answer | None:
        """Start a first environment, and return the error if its init fails.

        Under a debugger it starts with the first invocation, as it then waits for somebody to attach.
        """
        error = None if self.is_debugged else await self._local.start()
        self.has_started = error is None
        if self.is_debugged:
            self._local.hold()
        return error

    @property
    def is_debugged(self) -> bool:
        """Whether a debugger follows the function."""
        return self.configuration.debug_port is not None

    async def invoke(self, payload: bytes, **options: Unpack[InvokeOptions]) -> Outcome:
        """Invoke the function."""
        self._running += 1
        self._is_idle.clear()
        try:
            return await self._local.invoke(payload, **options)
        finally:
            self._running -= 1
            if not self._running:
                self._is_idle.set()

    def hold(self) -> None:
        """Start no more environments, as they would start with the code of another moment."""
        if self.has_started:
            self._local.hold()

    async def retire(self, *, at_once: bool = False) -> None:
        """End the environments when what runs in them has ended, or at once."""
        if not at_once:
            await self._is_idle.wait()
        await self._local.__aexit__(None, None, None)


def _discard(_: str) -> None:
    """Leave the lines to whoever keeps the records, which say more."""
