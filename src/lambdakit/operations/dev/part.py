"""What a service is made of, beside its functions."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, Protocol

from lambdakit.emulator.front_doors import listen
from lambdakit.errors import AddressInUse
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.replaceable import ReplaceableFunction

Functions = Mapping[str, ReplaceableFunction]
"""The functions of a service by their names."""

EVERYTHING = "(all)"
"""The name in a `Running` that stands for all functions; none can have it."""


class Running(NamedTuple):
    """Something that can be called; `example` is a command that does so."""

    name: str
    via: str
    address: str
    example: str = ""


class Part(Protocol):
    """Brings functions what they are invoked with, or what they need."""

    def open(self, functions: Functions, listener: Listener) -> AbstractAsyncContextManager[list[Running]]:
        """Return a context in which it works, and that gives what can be called meanwhile."""
        ...


@asynccontextmanager
async def listen_for(name: str, app: Any, port: int, log: Callable[[str], None]) -> AsyncGenerator[str]:
    """Serve an ASGI app on a loopback port, and give its address; `log` gets why a request is refused.

    Raises:
        AddressInUse: Another process holds the port; it says whose address it was to be.
    """
    async with AsyncExitStack() as stack:
        try:
            address = await stack.enter_async_context(listen(app, port, log=log))
        except AddressInUse as error:
            fix = "end what listens there, perhaps another toolkit dev of this project, or choose another --port"
            raise AddressInUse(f"port {port} is in use", where=name, fix=fix) from error
        yield address
