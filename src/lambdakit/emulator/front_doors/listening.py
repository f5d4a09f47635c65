"""A loopback address for a front door."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from errno import EADDRINUSE
from typing import Any

import uvicorn

from lambdakit.emulator.front_doors.origins import ForThisMachine
from lambdakit.errors import AddressInUse

_LARGEST_HEAD = 2 * 1024 * 1024
"""More than any service takes, as each has its own limit and its own answer."""


class _Server(uvicorn.Server):
    """A server among others in a process: signals are for whoever started the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave them alone."""
        yield


@contextlib.asynccontextmanager
async def listen(app: Any, port: int = 0, *, log: Callable[[str], None] = lambda _: None) -> AsyncGenerator[str]:
    """Serve an ASGI app on a loopback port, by default a free one, and give its address as `http://127.0.0.1:PORT`.

    A request whose `Host` or `Origin` is not this machine's does not reach it, as any web page can send some here, and
    `log` gets why.

    Raises:
        AddressInUse: Another process holds the port.
    """
    listener = bind(port)
    config = uvicorn.Config(
        ForThisMachine(app, log),
        # Named, as another one may be installed, with other limits.
        http="h11",
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.is_up.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


def bind(port: int, *, where: str = "a front door") -> socket.socket:
    """Return a socket on a loopback port, by default a free one; raises AddressInUse."""
    # With its protocol named: asyncio sets TCP_NODELAY on no other, and then each answer waits for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        if error.errno != EADDRINUSE:
            raise
        fix = f"stop what listens there, or choose another port than {port}"
        raise AddressInUse(f"port {port} is in use", where=where, fix=fix) from error
    return listener
