"""Front doors before functions in real environments, by a client on a socket."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lambdakit.emulator import LocalFunction
from lambdakit.emulator.authorizers import Authorizer, IamAuthorizer
from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor, GatewayRules, listen
from lambdakit.errors import AddressInUse
from tests.emulator.functions import configure

ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event)}
"""
STREAM = """
    import asyncio
    from pathlib import Path
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        while not Path("go").exists():
            await asyncio.sleep(0.01)
        if scope["path"].endswith("/break"):
            raise ValueError("in mid-stream")
        await send({"type": "http.response.body", "body": b" last"})
    from lambdakit.asgi import LambdaApp
    handler = LambdaApp(app, lifespan="off")
"""
VIAS = list(GATEWAYS)


class Door:
    """A client of a front door, what the door told the developer and what the function wrote."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._lines: list[str] = []
        self._came = asyncio.Event()

    def open(self, client: httpx2.AsyncClient, root: Path) -> "Door":
        self.client = client
        self.root = root
        return self

    def take(self, line: str) -> None:
        self._lines.append(line)
        self._came.set()

    async def wait_for(self, line: str) -> None:
        """Wait until the function has written a line."""
        while line not in self._lines:
            self._came.clear()
            await self._came.wait()

    def release(self) -> None:
        """Let a function go on that waits for the file `go`."""
        (self.root / "go").touch()


@contextlib.asynccontextmanager
async def open_door(
    folder: Path,
    source: str,
    via: str = "function-url",
    *,
    streams: bool = False,
    rules: GatewayRules | None = None,
    authorizer: Authorizer | None = None,
    **settings: Any,
) -> AsyncGenerator[Door]:
    if streams:
        settings |= {"runtime": "lambdakit", "variables": {"LAMBDAKIT_STREAMING": via}}
    rules = rules or GATEWAYS[via]
    configuration = configure(folder, source, **{"memory": 512, "timeout": 20} | settings)
    opened = Door()
    async with LocalFunction(configuration, log=opened.take) as function:
        door = FrontDoor(function, rules, streams=streams, log=opened.notes.append, authorizer=authorizer)
        prefix = f"/{rules.stage}" if rules.stage else ""
        listening = listen(door, log=opened.notes.append)
        async with listening as address, httpx2.AsyncClient(base_url=address + prefix, timeout=20) as client:
            yield opened.open(client, configuration.task_root)
            await door.drain()


def visit(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(run())


@pytest.mark.parametrize("via", VIAS)
def test_a_function_gets_the_events_of_its_service(tmp_path: Path, via: str) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO, via) as door:
            response = await door.client.post("/items?a=1", json={"name": "tea"})
            event = response.json()
            body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"]
            assert json.loads(body) == {"name": "tea"}
            assert event["headers"]["host"].startswith("127.0.0.1:")
            assert event["headers"]["x-forwarded-proto"] == "http"

    visit(work)


@pytest.mark.parametrize(
    ("via", "status", "body"),
    [
        ("function-url", 502, "Internal Server Error"),
        ("http-api", 500, '{"message":"Internal Server Error"}'),
        ("rest-api", 502, '{"message": "Internal server error"}'),
        ("alb", 502, "<html>"),
    ],
)
@pytest.mark.parametrize("result", ["1 / 0", "{'statusCode': 'many'}", "__import__('os')._exit(1)"])
def test_a_function_that_fails_is_the_error_of_its_service(
    tmp_path: Path, via: str, status: int, body: str, result: str
) -> None:
    async def work() -> None:
        async with open_door(tmp_path, f"def handler(event, context): return {result}", via) as door:
            response = await door.client.get("/")
            assert (response.status_code, response.text[: len(body)]) == (status, body)
            assert bool(door.notes) == ("many" in result)

    visit(work)


@pytest.mark.parametrize(("via", "status"), [("function-url", 429), ("http-api", 503), ("rest-api", 500), ("alb", 502)])
def test_a_function_without_room_is_throttled(tmp_path: Path, via: str, status: int) -> None:
    source = """
        import time
        from pathlib import Path
        def handler(event, context):
            print("came")
            while not Path("go").exists():
                time.sleep(0.01)
            return {"statusCode": 200}
    """

    async def work() -> None:
        async with open_door(tmp_path, source, via, reserved_concurrency=1) as door:
            first = asyncio.create_task(door.client.get("/"))
            await door.wait_for("came")
            second = await door.client.get("/")
            door.release()
            assert ((await first).status_code, second.status_code) == (200, status)
            if via == "function-url":
                assert second.json()["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"

    visit(work)


@pytest.mark.parametrize(
    ("via", "size"), [("function-url", 6 * 2**20 + 1), ("http-api", 10 * 2**20 + 1), ("rest-api", 10 * 2**20 + 1)]
)
def test_a_request_that_is_larger_than_the_service_takes_does_not_reach_the_function(
    tmp_path: Path, via: str, size: int
) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO, via) as door:
            refused = await door.client.post("/", content=b"x" * size)
            assert refused.status_code == 413
            assert (await door.client.get("/")).status_code == 200

    visit(work)


def test_an_event_that_is_larger_than_lambda_takes_is_refused_although_the_service_took_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO, "http-api") as door:
            assert (await door.client.post("/", content=b"x" * 9 * 2**20)).status_code == 413

    visit(work)


@pytest.mark.parametrize("via", ["function-url", "rest-api"])
def test_a_stream_arrives_piece_by_piece(tmp_path: Path, via: str) -> None:
    async def work() -> None:
        async with open_door(tmp_path, STREAM, via, streams=True) as door, door.client.stream("GET", "/") as response:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"first"
            door.release()
            assert b"".join([piece async for piece in pieces]) == b" last"

    visit(work)


def test_a_stream_that_breaks_off_is_a_connection_that_ends_too_early(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_door(tmp_path, STREAM, streams=True) as door:
            door.release()
            with pytest.raises(httpx2.RemoteProtocolError):
                await door.client.get("/break")

    visit(work)


def test_a_client_that_hangs_up_leaves_the_function_to_its_work(tmp_path: Path) -> None:
    source = """
        import time
        from pathlib import Path
        def handler(event, context):
            if event["rawPath"] == "/wait":
                print("came")
                while not Path("go").exists():
                    time.sleep(0.01)
                print("done")
            return {"statusCode": 200}
    """

    async def work() -> None:
        async with open_door(tmp_path, source) as door:
            waiting = asyncio.create_task(door.client.get("/wait"))
            await door.wait_for("came")
            waiting.cancel()
            door.release()
            await door.wait_for("done")
            assert (await door.client.get("/")).status_code == 200

    visit(work)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:1234"}, 200),
        ({"host": "shop.localhost"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "localhost.evil.example"}, 403),
        ({"host": "[::1"}, 403),
        ({"origin": "http://localhost:3000"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_only_clients_that_mean_this_machine_are_served(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO) as door:
            response = await door.client.get("/", headers=headers)
            assert response.status_code == status
            assert len(door.notes) == (status == 403)

    visit(work)


def test_a_path_without_its_stage_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO, "rest-api") as door:
            base = str(door.client.base_url).removesuffix("/").removesuffix("/prod")
            statuses = [
                (await door.client.get(base + path)).status_code for path in ("/", "/product", "/prod", "/prod/a")
            ]
            assert statuses == [403, 403, 200, 200]

    visit(work)


def test_a_service_gives_up_after_its_own_time_limit_and_the_function_goes_on(tmp_path: Path) -> None:
    source = """
        import time
        from pathlib import Path
        def handler(event, context):
            while not Path("go").exists():
                time.sleep(0.01)
            print("done")
            return {"statusCode": 200}
    """

    async def work() -> None:
        rules = replace(GATEWAYS["rest-api"], time_limit=0.2)
        async with open_door(tmp_path, source, "rest-api", rules=rules) as door:
            response = await door.client.get("/")
            assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})
            door.release()
            await door.wait_for("done")

    visit(work)


def test_a_port_that_is_in_use_is_named(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO) as door:
            port = door.client.base_url.port
            with pytest.raises(AddressInUse, match=f"port {port} is in use"):
                async with listen(None, port or 0):
                    pass

    visit(work)


def test_a_preflight_needs_credentials_as_any_request_and_the_developer_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO, authorizer=IamAuthorizer("function-url")) as door:
            asked = {"origin": "http://localhost:3000", "access-control-request-method": "PUT"}
            assert (await door.client.options("/", headers=asked)).status_code == 403
            assert (await door.client.options("/")).status_code == 403
            [note] = door.notes
            assert note.startswith("a browser's preflight was refused")

    visit(work)


def test_a_request_that_is_too_large_is_refused_before_anybody_asks_who_calls(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_door(tmp_path, ECHO, authorizer=IamAuthorizer("function-url")) as door:
            assert (await door.client.post("/", content=bytes(6 * 1_048_576 + 1))).status_code == 413

    visit(work)
