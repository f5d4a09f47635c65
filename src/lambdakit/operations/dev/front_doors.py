"""The services that bring functions their HTTP requests."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Functions, Running, listen_for
from lambdakit.operations.dev.replaceable import ReplaceableFunction


class Front(NamedTuple):
    """How a function is to be reached: through which service, streaming or not, on which port."""

    via: str
    streams: bool
    port: int


class FrontDoors:
    """One service before each function that HTTP requests can reach."""

    def __init__(self, fronts: Mapping[str, Front]) -> None:
        self._fronts = fronts

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Open a door for each function that has a front."""
        async with AsyncExitStack() as stack:
            doors = [
                _open(functions[name], front, listener) for name, front in self._fronts.items() if name in functions
            ]
            yield [await stack.enter_async_context(door) for door in doors]


@asynccontextmanager
async def _open(function: ReplaceableFunction, front: Front, listener: Listener) -> AsyncGenerator[Running]:
    rules = GATEWAYS[front.via]
    door = FrontDoor(
        function,
        rules,
        streams=front.streams,
        log=partial(listener.note, function.name),
        note=partial(listener.visit, function.name),
    )
    async with listen_for(f"function {function.name}", door, front.port) as address:
        url = f"{address}/{rules.stage}".rstrip("/") + "/"
        yield Running(function.name, front.via, url, f"curl {'-iN' if front.streams else '-i'} {url}")
