"""All functions of a project, each behind the service that it is declared for."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple, Self

from lambdakit.emulator import FunctionConfiguration, Outcome
from lambdakit.emulator.authorizers import FunctionAuthorizer, curl_options, make_authorizer
from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor, listen
from lambdakit.errors import AddressInUse
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.replaceable import ReplaceableFunction
from lambdakit.project import Auth, Via


class Running(NamedTuple):
    """A function that can be called; `example` is a command that does so."""

    name: str
    via: str
    address: str
    example: str = ""


class Front(NamedTuple):
    """How a function is to be reached: through which service, streaming or not, on which port, and by whom."""

    via: Via
    streams: bool
    port: int
    auth: Auth = "none"


class Service:
    """Functions behind front doors, whose code can be replaced while they answer.

    `fronts` says how to reach each of the functions that `configure` describes anew for each generation of code. With
    `takes_turns` each request gets another environment than the one before.
    """

    def __init__(
        self,
        fronts: Mapping[str, Front],
        configure: Callable[[], Mapping[str, FunctionConfiguration]],
        listener: Listener,
        *,
        takes_turns: bool = False,
    ) -> None:
        self._fronts = fronts
        self._configure = configure
        self._listener = listener
        self._takes_turns = takes_turns
        self._functions: dict[str, ReplaceableFunction] = {}
        self._deciders: list[FunctionAuthorizer] = []
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
            for name, configuration in self._configure().items():
                await self._open(name, configuration, stack)
            await asyncio.gather(*(each.start() for each in self._functions.values()))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self, name: str, configuration: FunctionConfiguration, stack: AsyncExitStack) -> None:
        function = ReplaceableFunction(configuration, self._listener, takes_turns=self._takes_turns)
        self._functions[name] = function
        await function.open()
        stack.push_async_callback(function.close)
        front = self._fronts.get(name)
        if front is not None:
            await self._open_door(function, front, stack)

    async def _open_door(self, function: ReplaceableFunction, front: Front, stack: AsyncExitStack) -> None:
        name = function.name
        rules = GATEWAYS[front.via]
        authorizer = make_authorizer(
            front.auth,
            front.via,
            invoke=lambda authorizer: partial(self._ask, authorizer, name),
            log=lambda message: self._listener.note(name, message),
            region=function.configuration.region,
        )
        if isinstance(authorizer, FunctionAuthorizer):
            self._deciders.append(authorizer)
        door = FrontDoor(
            function,
            rules,
            streams=front.streams,
            log=lambda message: self._listener.note(name, message),
            note=lambda visit: self._listener.visit(name, visit),
            authorizer=authorizer,
        )
        address = await stack.enter_async_context(_listen(door, front.port, name))
        address = f"{address}/{rules.stage}".rstrip("/") + "/"
        options = curl_options(front.auth, front.via, region=function.configuration.region)
        example = f"curl {'-iN' if front.streams else '-i'}{options} {address}"
        self.running.append(Running(name, front.via, address, example))

    async def _ask(self, authorizer: str, name: str, payload: bytes, /) -> Outcome:
        """Ask a function who may call another."""
        outcome = await self._functions[authorizer].invoke(payload)
        self._listener.invocation(authorizer, f"authorizer of {name}", outcome)
        return outcome

    async def reload(self) -> None:
        """Start every function with the code and the declaration that are on disk now, and let it answer from then on.

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
            kept = self._functions.keys() & configurations.keys()
            await asyncio.gather(*(self._functions[name].replace(configurations[name]) for name in kept))
            for decider in self._deciders:
                decider.forget()

    async def cool_down(self) -> None:
        """Let the next invocation of every function be cold."""
        async with self._turn:
            await asyncio.gather(*(each.cool_down() for each in self._functions.values()))


@asynccontextmanager
async def _listen(door: FrontDoor, port: int, name: str) -> AsyncGenerator[str]:
    try:
        async with listen(door, port) as address:
            yield address
    except AddressInUse as error:
        fix = (
            "end what listens there, as another `toolkit dev` of this project does, or choose a first port with --port"
        )
        raise AddressInUse(f"port {port} is in use", where=f"function {name}", fix=fix) from error
