"""All functions of a project, with what brings them their events."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Self

from lambdakit.emulator import FunctionConfiguration, Record
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Part, Running
from lambdakit.operations.dev.replaceable import ReplaceableFunction


class Service:
    """Functions whose code can be replaced while they answer, and the parts that invoke them.

    `configure` describes the functions anew for each generation of code. `parts` are open before the functions start,
    `sources` when they have started. Each of `keep` gets the functions' log, as the listener does. With `takes_turns`
    each invocation gets another environment than the one before.
    """

    def __init__(
        self,
        configure: Callable[[], Mapping[str, FunctionConfiguration]],
        parts: Sequence[Part],
        listener: Listener,
        *,
        sources: Sequence[Part] = (),
        keep: Sequence[Callable[[Record], None]] = (),
        takes_turns: bool = False,
    ) -> None:
        self._configure = configure
        self._parts = parts
        self._sources = sources
        self._listener = listener
        self._keep = (listener.record, *keep)
        self._takes_turns = takes_turns
        self._functions: dict[str, ReplaceableFunction] = {}
        self._turn = asyncio.Lock()
        self._stack = AsyncExitStack()
        self.running: list[Running] = []

    async def __aenter__(self) -> Self:
        """Open all parts and start the functions.

        Raises:
            AddressInUse: Another process holds a port.
            UserError: A declaration or a setting is wrong.
        """
        async with AsyncExitStack() as stack:
            for name, configuration in self._configure().items():
                function = ReplaceableFunction(
                    configuration, self._listener, keep=self._record, takes_turns=self._takes_turns
                )
                self._functions[name] = function
                await function.open()
                stack.push_async_callback(function.close)
            await self._open(self._parts, stack)
            await asyncio.gather(*(each.start() for each in self._functions.values()))
            await self._open(self._sources, stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _record(self, record: Record) -> None:
        for keep in self._keep:
            keep(record)

    async def _open(self, parts: Sequence[Part], stack: AsyncExitStack) -> None:
        for part in parts:
            self.running += await stack.enter_async_context(part.open(self._functions, self._listener))

    async def reload(self) -> list[str]:
        """Start every function with the code and the declaration that are on disk now, and let it answer from then on.

        Returns:
            The functions that have not started.

        A function whose init fails keeps the code that it has; requests that run end with the code they began with.

        Raises:
            DeclarationError: The declaration holds a mistake; nothing has changed.
        """
        async with self._turn:
            configurations = self._configure()
            gone = self._functions.keys() - configurations.keys()
            for name in sorted(gone):
                self._listener.note(name, "is no longer declared and goes on as it was until the next start")
            for name in sorted(configurations.keys() - self._functions.keys()):
                self._listener.note(name, "is new; start again to serve it")
            kept = sorted(self._functions.keys() & configurations.keys())
            started = await asyncio.gather(*(self._functions[name].replace(configurations[name]) for name in kept))
            return [name for name, has_started in zip(kept, started, strict=True) if not has_started]

    async def cool_down(self) -> None:
        """Let the next invocation of every function be cold."""
        async with self._turn:
            await asyncio.gather(*(each.cool_down() for each in self._functions.values()))
