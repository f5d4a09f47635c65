"""All functions of a project, each behind the service that it is declared for."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple, Protocol, Self

from lambdakit.emulator import Answer, FunctionConfiguration, Record
from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor, Visit, listen
from lambdakit.operations.dev.generation import Generation


class Listener(Protocol):
    """Is told what happens to a service's functions; `name` is the function's."""

    def record(self, record: Record) -> None:
        """Take a record of a function's log."""
        ...

    def visit(self, name: str, visit: Visit) -> None:
        """Take a request whose invocation is over."""
        ...

    def note(self, name: str, message: str) -> None:
        """Take what a developer has to know."""
        ...

    def refuse(self, name: str, error: Answer, *, goes_on: bool) -> None:
        """Take the error of an init; the code of before goes on where there is some."""
        ...


class Running(NamedTuple):
    """A function that can be called."""

    name: str
    via: str
    address: str


class Front(NamedTuple):
    """How a function is to be reached: through which service, streaming or not, on which port."""

    via: str
    streams: bool
    port: int


class Service:
    """Functions behind front doors, whose code can be replaced while they answer.

    `fronts` says how to reach each of the functions that `configure` describes anew for each generation of code.
    """

    def __init__(
        self,
        fronts: Mapping[str, Front],
        configure: Callable[[], Mapping[str, FunctionConfiguration]],
        listener: Listener,
    ) -> None:
        self._fronts = fronts
        self._configure = configure
        self._listener = listener
        self._doors: dict[str, FrontDoor] = {}
        self._generations: dict[str, Generation] = {}
        self._answering: set[str] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._stack = AsyncExitStack()
        self.running: list[Running] = []

    async def __aenter__(self) -> Self:
        """Open the doors and start the functions.

        Raises:
            AddressInUse: Another process holds a port.
            UserError: A declaration or a setting is wrong.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._close)
            for name, configuration in self._configure().items():
                await self._open(name, configuration, stack)
            await asyncio.gather(*(self._start(name, each) for name, each in self._generations.items()))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self, name: str, configuration: FunctionConfiguration, stack: AsyncExitStack) -> None:
        generation = self._generations[name] = Generation(configuration, keep=self._listener.record)
        await generation.open()
        front = self._fronts[name]
        rules = GATEWAYS[front.via]
        door = self._doors[name] = FrontDoor(
            generation,
            rules,
            streams=front.streams,
            log=lambda message: self._listener.note(name, message),
            note=lambda visit: self._listener.visit(name, visit),
        )
        address = await stack.enter_async_context(listen(door, front.port))
        self.running.append(Running(name, front.via, f"{address}/{rules.stage}".rstrip("/") + "/"))

    async def _start(self, name: str, generation: Generation) -> bool:
        """Start a generation, tell of an init that fails, and return whether it did not."""
        error = await generation.start()
        if error is None:
            self._answering.add(name)
            return True
        self._listener.refuse(name, error, goes_on=name in self._answering)
        return False

    async def reload(self) -> None:
        """Start every function with the code and the declaration that are on disk now, and let it answer from then on.

        A function whose init fails keeps the code that it has; requests that run end with the code they began with.

        Raises:
            DeclarationError: The declaration holds a mistake; nothing has changed.
        """
        async with self._turn:
            configurations = self._configure()
            await asyncio.gather(*(self._replace(name, configurations[name]) for name in self._doors))

    async def _replace(self, name: str, configuration: FunctionConfiguration) -> None:
        before = self._generations[name]
        generation = Generation(configuration, keep=self._listener.record)
        await generation.open()
        if not await self._start(name, generation) and name in self._answering:
            await generation.retire(at_once=True)
            return
        self._generations[name] = self._doors[name].function = generation
        self._retire(before)

    def _retire(self, generation: Generation) -> None:
        task = asyncio.create_task(generation.retire())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def cool_down(self) -> None:
        """Let the next invocation of every function be cold."""
        await asyncio.gather(*(each.cool_down() for each in self._generations.values()))

    async def _close(self) -> None:
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*(each.retire(at_once=True) for each in self._generations.values()))
