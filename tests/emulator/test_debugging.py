import asyncio
import importlib.util
import json
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

from lambdakit.emulator import Environment, Outcome
from lambdakit.errors import AddressInUse
from tests.emulator.functions import ANY, configure

with_debugpy = pytest.mark.skipif(importlib.util.find_spec("debugpy") is None, reason="debugpy is not installed")


@with_debugpy
def test_a_debug_port_in_use_is_refused_by_number(tmp_path: Path) -> None:
    async def enter(port: int) -> None:
        async with Environment(configure(tmp_path, "", debug_port=port), log=print):
            pass

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(AddressInUse, match=f"port {port} on 127.0.0.1 cannot be used.*choose another debug port"):
            asyncio.run(enter(port))


@with_debugpy
def test_a_function_waits_for_the_debugger_and_no_limit_holds(tmp_path: Path, unused_port: int) -> None:
    source = """
        import time
        def handler(event, context):
            time.sleep(0.2)
            return context.get_remaining_time_in_millis() > 3_600_000
    """
    configuration = configure(tmp_path, source, debug_port=unused_port, timeout=0.1, init_timeout=0.1)
    log: list[str] = []

    async def call() -> Outcome:
        async with Environment(configuration, log=log.append) as environment:
            call = asyncio.create_task(environment.invoke(ANY))
            debugger = await attach(unused_port)
            outcome = await asyncio.wait_for(call, timeout=30)
            debugger.close()
            return outcome

    outcome = asyncio.run(call())
    assert (outcome.error_type, outcome.payload) == (None, b"true")
    assert f"lambdakit: the function waits for a debugger on 127.0.0.1:{unused_port}" in log
    # The debugger's own server leaves the process group and has to be found all the same.
    assert [process for process in psutil.process_iter(["cmdline"]) if is_debugging(process, tmp_path)] == []


def is_debugging(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get("LAMBDA_TASK_ROOT") == str(folder / "task")
    except psutil.Error:
        return False


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
