"""The service in front of a function that is tested."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from lambdakit.emulator.authorizers import Decider
from lambdakit.emulator.front_doors import FrontDoor, listen
from lambdakit.errors import UserError
from lambdakit.operations.functions.authorizing import make_authorizer
from lambdakit.operations.functions.gateways import choose_rules
from lambdakit.operations.functions.target import Target
from lambdakit.project import Via
from lambdakit.testing.settling import SettlingFunction


def choose_via(target: Target, asked: Via | None) -> Via:
    """Return the service that a test asks for, or the declared one.

    Raises:
        UserError: The function is declared for queues or schedules alone, and no service is asked for.
    """
    function = target.function
    if asked is None and (function.queue or function.schedule) and not (function.http or function.mcp):
        fix = f'say which service is to bring them: lambda_function("{function.name}", via="function-url")'
        raise UserError("it is declared without HTTP requests", where=f"function {function.name}", fix=fix)
    return asked or target.via


@asynccontextmanager
async def open_door(
    function: SettlingFunction,
    target: Target,
    via: Via,
    *,
    find: Callable[[str], Decider] | None,
    streams: bool,
    log: Callable[[str], None],
) -> AsyncGenerator[str]:
    """Serve a function behind a service and give the address, with the stage; without `find` everybody may call."""
    region, rules = function.configuration.region, choose_rules(target, via)
    authorizer = None if find is None else make_authorizer(target.auth, via, find=find, log=log, region=region)
    door = FrontDoor(function, rules, streams=streams, log=log, authorizer=authorizer)
    async with listen(door) as address:
        yield f"{address}/{rules.stage}".rstrip("/")
