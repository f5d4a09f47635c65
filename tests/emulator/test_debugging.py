import asyncio
import importlib.util
import socket
from pathlib import Path

import psutil
import pytest

from lambdakit.emulator import Environment, Outcome
from lambdakit.errors import AddressInUse
from tests.emulator.debugger import attach
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
