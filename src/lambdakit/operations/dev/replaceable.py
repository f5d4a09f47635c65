"""A function whose code is replaced while it answers."""

import asyncio
from collections.abc import Callable
from typing import Unpack

from lambdakit.emulator import FunctionConfiguration, InvokeOptions, Outcome, Record
from lambdakit.operations.dev.generation import Generation
from lambdakit.operations.dev.listener import Listener


class ReplaceableFunction:
    """Passes invocations on to the code that started last; whatever calls it never has to know of a reload."""

    def __init__(
        self,
        configuration: FunctionConfiguration,
        listener: Listener,
        *,
        keep: Callable[[Record], None],
        takes_turns: bool = False,
    ) -> None:
        self.name = configuration.name
        self._listener = listener
        self._keep = keep
        self._takes_turns = takes_turns
        self._current = self._make(configuration)
        self._retiring: dict[asyncio.Task[None], Generation] = {}

    def _make(self, configuration: FunctionConfiguration) -> Generation:
        return Generation(configuration, keep=self._keep, takes_turns=self._takes_turns)

    @property
    def configuration(self) -> FunctionConfiguration:
        """What the code that answers was started with."""
        return self._current.configuration

    async def open(self) -> None:
        """Take invocations from now on."""
        await self._current.open()

    async def start(self) -> None:
        """Start a first environment, and tell of an init that fails."""
        await self._start(self._current, goes_on=False)

    async def _start(self, generation: Generation, *, goes_on: bool) -> None:
        error = await generation.start()
        if error is not None:
            self._listener.refuse(self.name, error, goes_on=goes_on)

    async def invoke(self, payload: bytes, **options: Unpack[InvokeOptions]) -> Outcome:
        """Invoke the function as `LocalFunction.invoke` does."""
        return await self._current.invoke(payload, **options)

    async def replace(self, configuration: FunctionConfiguration) -> bool:
        """Start the code that is on disk now, and let it answer from then on; code that does not start never does.

        Invocations that run end with the code they began with. Returns whether it has started.
        """
        before, generation = self._current, self._make(configuration)
        # From here on the disk has other code than the one that answers.
        before.hold()
        if before.is_debugged:
            # Its port is needed again.
            await before.retire(at_once=True)
            before.has_started = False
        await generation.open()
        await self._start(generation, goes_on=before.has_started)
        if not generation.has_started and before.has_started:
            await generation.retire(at_once=True)
            return False
        self._current = generation
        if not before.is_debugged:
            self._retire(before)
        return generation.has_started

    def _retire(self, generation: Generation) -> None:
        task = asyncio.create_task(generation.retire())
        self._retiring[task] = generation
        task.add_done_callback(self._retiring.pop)

    async def cool_down(self) -> None:
        """Let the next invocation be cold, also while others run; it starts the code that is on disk then."""
        before, self._current = self._current, self._make(self.configuration)
        self._current.has_started = before.has_started
        await self._current.open()
        self._retire(before)

    async def close(self) -> None:
        """End the function; invocations that still run fail."""
        waiting = dict(self._retiring)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.gather(*(each.retire(at_once=True) for each in (*waiting.values(), self._current)))
