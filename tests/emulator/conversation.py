import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lambdakit.emulator.runtime_api.api import RuntimeApi
from lambdakit.emulator.runtime_api.invocation import Invocation

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def error_type(self) -> str:
        error = json.loads(self.body)
        assert set(error) == {"errorMessage", "errorType"}
        assert error["errorMessage"]
        return error["errorType"]


class Client:
    """A runtime that speaks to the Runtime API by hand, over one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, raw: bytes) -> Reply:
        self.writer.write(raw)
        await self.writer.drain()
        return await self.receive()

    async def receive(self) -> Reply:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(int(head[0].split()[1]), headers, body)


def post(path: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answer(invocation: Invocation, kind: str, body: bytes = b"1", *headers: str) -> bytes:
    return post(f"/2018-06-01/runtime/invocation/{invocation.request_id}/{kind}", body, *headers)


def new_invocation(**settings: Any) -> Invocation:
    defaults: dict[str, Any] = {"payload": b"{}", "function_arn": "arn:aws:lambda:x", "deadline": 1_800_000_000.5}
    return Invocation(**defaults | settings)


def speak(conversation: Callable[[RuntimeApi, Client], Awaitable[None]], **settings: Any) -> None:
    """Hold a conversation with a fresh Runtime API within ten seconds."""

    async def open_and_speak() -> None:
        async with asyncio.timeout(10), RuntimeApi(**settings) as api:
            host, port = api.address.split(":")
            client = Client(*await asyncio.open_connection(host, int(port)))
            try:
                await conversation(api, client)
            finally:
                client.writer.close()
                await client.writer.wait_closed()

    asyncio.run(open_and_speak())


async def receive_event(api: RuntimeApi, client: Client, invocation: Invocation) -> Reply:
    client.writer.write(NEXT)
    await api.ready
    api.deliver(invocation)
    return await client.receive()


async def connect(api: RuntimeApi) -> Client:
    return Client(*await asyncio.open_connection(*api.address.split(":")))


def begin_stream(invocation: Invocation, content_type: str = "text/event-stream") -> bytes:
    lines = [
        f"POST /2018-06-01/runtime/invocation/{invocation.request_id}/response HTTP/1.1",
        "Host: x",
        f"Content-Type: {content_type}",
        "Transfer-Encoding: chunked",
        "Lambda-Runtime-Function-Response-Mode: streaming",
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)
