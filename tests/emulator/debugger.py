"""A debugger, as far as a test needs one."""

import asyncio
import json
from typing import Any


async def attach(port: int) -> asyncio.StreamWriter:
    """Attach as an editor does: initialize, attach, wait until that has begun, say that all is configured."""
    async with asyncio.timeout(30):
        reader, writer = await connect(port)
        send(writer, {"seq": 1, "type": "request", "command": "initialize", "arguments": {"adapterID": "test"}})
        send(writer, {"seq": 2, "type": "request", "command": "attach", "arguments": {"name": "test"}})
        while (await receive(reader)).get("event") != "initialized":
            pass
        send(writer, {"seq": 3, "type": "request", "command": "configurationDone"})
        return writer


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)


def send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


async def receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = await reader.readuntil(b"\r\n\r\n")
    return json.loads(await reader.readexactly(int(head.split(b":")[1])))
