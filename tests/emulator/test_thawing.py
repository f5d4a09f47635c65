# pyright: reportPrivateUsage=false
"""Connections end while an environment stands still: nobody in it can notice before the next request is there."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from lambdakit.events import FORMATS, Request
from tests.emulator.functions import configure
from tests.emulator.test_freezing import is_stopped

FUNCTION_URL = FORMATS["function-url"]
REQUESTS = 200
APP = """
    import os
    from contextlib import asynccontextmanager
    import httpx2
    from fastapi import FastAPI, Request
    from lambdakit.asgi import LambdaApp

    STOCK = os.environ["STOCK"]

    @asynccontextmanager
    async def connect(app):
        async with httpx2.AsyncClient() as client:
            with httpx2.Client() as blocking:
                yield {"client": client, "blocking": blocking}

    app = FastAPI(lifespan=connect)

    @app.get("/async")
    async def read(request: Request):
        return [os.getpid(), (await request.state.client.get(STOCK)).json()]

    @app.get("/plain")
    def read_plain(request: Request):
        return [os.getpid(), request.state.blocking.get(STOCK).json()]

    handler = LambdaApp(app)
"""


class Warehouse:
    """Another server, whose connections the function keeps open and this server closes."""

    def __init__(self) -> None:
        self.connections: set[asyncio.StreamWriter] = set()
        self.requests_on: Counter[asyncio.StreamWriter] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests_on[writer] += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n64")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()

    def close_connections(self) -> int:
        """Close all that are open, and say how many were."""
        found = list(self.connections)
        for writer in found:
            writer.close()
        return len(found)


def close_runtime_api(environment: Environment) -> int:
    """Close what the runtime asks for events on, and say how many connections that were."""
    host = environment._host
    assert host is not None
    assert host._runtime is not None
    found = list(host._runtime.api._listener._connections)
    for connection in found:
        connection._transport.close()
    return len(found)


def event(path: str) -> bytes:
    request = Request("GET", path, path.encode(), b"", [(b"host", b"shop.test")], b"")
    return json.dumps(FUNCTION_URL.encode_request(request)).encode()


async def ask(
    configuration: FunctionConfiguration, path: str, warehouse: Warehouse
) -> Counter[tuple[int, bytes, bool]]:
    """Send the requests, with all connections closed before each of them but the first."""
    seen: Counter[tuple[int, bytes, bool]] = Counter()
    async with Environment(configuration, log=print) as environment:
        for number in range(REQUESTS + 1):
            outcome = await environment.invoke(event(path))
            response = FUNCTION_URL.decode_response(json.loads(outcome.payload))
            process, stock = json.loads(response.body)
            if number == 0:
                assert await asyncio.to_thread(is_stopped, process)
            else:
                seen[response.status, b"%d" % stock, outcome.report.is_cold] += 1
            assert warehouse.close_connections() == 1, "the function did not keep its connection"
            assert close_runtime_api(environment) > 0
    return seen


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
@pytest.mark.parametrize("path", ["/async", "/plain"])
def test_requests_after_a_thaw_are_answered_although_connections_were_closed(
    tmp_path: Path, runtime: str, path: str
) -> None:
    async def run() -> Counter[tuple[int, bytes, bool]]:
        warehouse = Warehouse()
        async with await asyncio.start_server(warehouse.serve, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            stock = {"STOCK": f"http://{host}:{port}/"}
            configuration = configure(tmp_path, APP, runtime=runtime, memory=512, timeout=60, variables=stock)
            return await ask(configuration, path, warehouse)

    assert asyncio.run(run()) == {(200, b"64", False): REQUESTS}
