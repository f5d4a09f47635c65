"""The services that bring functions their HTTP requests."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor, GatewayRules
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.noted import NotedFunction
from lambdakit.operations.dev.part import Functions, Running, listen_for
from lambdakit.operations.functions.authorizing import curl_options, make_authorizer
from lambdakit.project import Auth, Via


class Front(NamedTuple):
    """How a function is to be reached: through which service, streaming or not, on which port, by whom and as what.

    `rules` are those of the service, by default its usual ones.
    """

    via: Via
    streams: bool
    port: int
    auth: Auth = "none"
    is_mcp: bool = False
    rules: GatewayRules | None = None


class FrontDoors:
    """One service before each function that HTTP requests can reach."""

    def __init__(self, fronts: Mapping[str, Front]) -> None:
        self._fronts = fronts

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Open a door for each function that has a front."""
        async with AsyncExitStack() as stack:
            doors = [
                _open(name, front, functions, listener) for name, front in self._fronts.items() if name in functions
            ]
            yield [await stack.enter_async_context(door) for door in doors]


@asynccontextmanager
async def _open(name: str, front: Front, functions: Functions, listener: Listener) -> AsyncGenerator[Running]:
    rules, region = front.rules or GATEWAYS[front.via], functions[name].configuration.region
    authorizer = make_authorizer(
        front.auth,
        front.via,
        find=lambda decider: NotedFunction(functions[decider], listener, f"authorizer of {name}"),
        log=partial(listener.note, name),
        region=region,
    )
    door = FrontDoor(
        functions[name],
        rules,
        streams=front.streams,
        log=partial(listener.note, name),
        note=partial(listener.visit, name),
        authorizer=authorizer,
    )
    async with listen_for(f"function {name}", door, front.port, partial(listener.note, name)) as address:
        url = f"{address}/{rules.stage}".rstrip("/") + "/"
        options = curl_options(front.auth, front.via, region=region)
        if front.is_mcp:
            yield Running(name, front.via, f"{url}mcp")
        else:
            path = next((route[1:] for route in rules.routes if "{" not in route), "")
            yield Running(name, front.via, url, f"curl {'-iN' if front.streams else '-i'}{options} {url}{path}")
