"""Queues and clocks that invoke the functions of a service, in real environments."""

import asyncio
import textwrap
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.queues import Draft
from lambdakit.operations.dev import Service
from lambdakit.operations.dev.clocks import Clocks
from lambdakit.operations.dev.local_queues import LocalQueues, Pollers
from lambdakit.operations.dev.other_services import OtherServices
from lambdakit.project import QueueTrigger
from tests.operations.dev.listeners import Kept

FAILS_ONCE = """
def handler(event, context):
    failed = [each["messageId"] for each in event.get("Records", []) if each["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


def play(folder: Path, scene: Callable[[Service, Kept, LocalQueues, Clocks], Awaitable[None]]) -> Kept:
    """Play a scene with a worker that a queue and a clock invoke."""
    (folder / "app.py").write_text(textwrap.dedent(FAILS_ONCE))
    kept = Kept()

    def configure() -> Mapping[str, FunctionConfiguration]:
        configuration = FunctionConfiguration(handler="app.handler", task_root=folder, name="worker", timeout=20)
        return {"worker": configuration}

    async def run() -> None:
        queues = LocalQueues(folder / "queues.sqlite", 0)
        clocks = Clocks({"worker": "rate(1 day)"})
        pollers = Pollers(queues, {"worker": QueueTrigger(retries=0, visibility=20)})
        parts = [queues, OtherServices(0)]
        async with Service(configure, parts, kept, sources=[pollers, clocks]) as service:
            await asyncio.wait_for(scene(service, kept, queues, clocks), 60)

    asyncio.run(run())
    return kept


async def until(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 (a listener is called)
        await asyncio.sleep(0.01)


def test_messages_reach_a_function_and_the_listener_is_told(tmp_path: Path) -> None:
    async def scene(service: Service, kept: Kept, queues: LocalQueues, clocks: Clocks) -> None:
        assert queues.broker is not None
        await queues.broker.queues.send("worker", Draft("good", {}))
        await until(lambda: kept.invocations)
        await queues.broker.queues.send("worker", Draft("bad", {}))
        await until(lambda: len(kept.invocations) == 2)
        assert [each.via for each in service.running] == ["sqs", "services", "queue", "schedule"]
        assert service.running[2].address == queues.broker.url("worker")

    kept = play(tmp_path, scene)
    assert [(name, source) for name, source, _ in kept.invocations] == [
        ("worker", "1 message of worker"),
        ("worker", "1 message of worker, 1 failed"),
    ]


def test_a_message_that_no_function_takes_is_told(tmp_path: Path) -> None:
    async def scene(service: Service, kept: Kept, queues: LocalQueues, clocks: Clocks) -> None:
        assert queues.broker is not None
        await queues.broker.queues.send("worker-dead-letters", Draft("x", {}))

    assert play(tmp_path, scene).notes == ["worker-dead-letters: a message waits here, and no function takes it"]


def test_a_function_runs_by_the_clock_and_now(tmp_path: Path) -> None:
    async def scene(service: Service, kept: Kept, queues: LocalQueues, clocks: Clocks) -> None:
        await clocks.fire()

    [(name, source, outcome)] = play(tmp_path, scene).invocations
    assert (name, source.startswith("schedule of "), outcome.failed) == ("worker", True, False)
