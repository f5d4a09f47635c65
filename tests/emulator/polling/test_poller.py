"""A queue's messages on their way to a function, and back."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import SqsModel

from lambdakit.emulator import FunctionConfiguration, LocalFunction
from lambdakit.emulator.polling import Poller
from lambdakit.emulator.queues import Draft, Queues, Store
from lambdakit.errors import EnvironmentFault, QueueRefusal, Throttled
from lambdakit.project import QueueTrigger
from tests.emulator.polling.functions import BOUND, Failed, Polled, Scripted, polled

IDS = "batchItemFailures"


def poll(
    folder: Path,
    function: Callable[[], Scripted],
    scene: Callable[[Polled, Scripted], Awaitable[None]],
    trigger: QueueTrigger | None = None,
    **how: Any,
) -> None:
    """Play a scene with a poller; the function is made where the loop runs."""

    async def play() -> None:
        made = function()
        async with polled(folder, made, trigger or QueueTrigger(), **how) as run:
            await scene(run, made)

    asyncio.run(asyncio.wait_for(play(), 60))


def test_messages_that_a_function_takes_are_deleted(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: sum(each.messages for each in run.deliveries) == 25)

        assert sorted(body for event in function.bodies for body in event) == sorted(str(n) for n in range(25))
        assert max(len(event) for event in function.events) == 10
        assert await run.left() == (0, 0)
        assert [each.failed for each in run.deliveries] == [0] * len(run.deliveries)
        assert ("worker", "a message waits here, and no function takes it") in run.noted

    poll(tmp_path, Scripted, scene, first=[str(n) for n in range(25)])


def test_the_event_is_the_one_that_lambda_sends(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        attributes = {
            "colour": {"DataType": "String", "StringValue": "red"},
            "seal": {"DataType": "Binary", "BinaryValue": "AP8="},
        }
        await run.queues.send("worker", Draft("hello", attributes))
        await run.wait_for(lambda: bool(function.events))
        [[record]] = function.events

        SqsModel.model_validate({"Records": [record]})
        assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:worker"
        assert (record["eventSource"], record["awsRegion"], record["body"]) == ("aws:sqs", "us-east-1", "hello")
        assert record["md5OfBody"] == "5d41402abc4b2a76b9719d911017c592"
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        assert record["messageAttributes"] == {
            "colour": {"stringValue": "red", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "seal": {"binaryValue": "AP8=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        }

    poll(tmp_path, Scripted, scene)


def test_only_the_messages_that_a_function_names_come_again(tmp_path: Path) -> None:
    def answer(records: list[dict[str, Any]]) -> Any:
        bad = [
            each for each in records if each["body"] == "bad" and each["attributes"]["ApproximateReceiveCount"] == "1"
        ]
        return {IDS: [{"itemIdentifier": each["messageId"]} for each in bad]}

    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: len(run.deliveries) == 2)

        assert function.bodies == [["good", "bad", "fine"], ["bad"]]
        assert [(each.messages, each.failed) for each in run.deliveries] == [(3, 1), (1, 0)]
        assert await run.left() == (0, 0)

    poll(tmp_path, lambda: Scripted(answer), scene, first=["good", "bad", "fine"])


@pytest.mark.parametrize("result", [None, {}, {IDS: None}, {IDS: []}, "done", [], b""])
def test_a_result_that_names_nothing_is_a_success(tmp_path: Path, result: Any) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: bool(run.deliveries))

        assert (run.deliveries[0].failed, run.deliveries[0].note) == (0, "")
        assert await run.left() == (0, 0)

    poll(tmp_path, lambda: Scripted(lambda _: result), scene, first=["1", "2"])


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (b"no JSON", "no JSON"),
        ({IDS: "1"}, "no list"),
        ({IDS: [{"itemIdentifier": ""}]}, "no itemIdentifier"),
        ({IDS: [{"itemIdentifier": None}]}, "no itemIdentifier"),
        ({IDS: [{"messageId": "1"}]}, "no itemIdentifier"),
        ({IDS: ["1"]}, "no itemIdentifier"),
        ({IDS: [{"itemIdentifier": "unknown"}]}, "no message of the batch"),
    ],
)
def test_a_result_that_names_no_message_has_the_whole_batch_come_again(
    tmp_path: Path, result: Any, reason: str
) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: bool(run.deliveries))

        assert run.deliveries[0].failed == 2
        assert reason in run.deliveries[0].note
        assert await run.left() == (0, 2)

    poll(tmp_path, lambda: Scripted(lambda _: result), scene, first=["1", "2"], retry_after=None)


def test_a_message_that_keeps_failing_goes_to_the_dead_letters_after_its_retries(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: any("moved" in what for _, what in run.noted))

        counts = [event[0]["attributes"]["ApproximateReceiveCount"] for event in function.events]
        assert counts == ["1", "2", "3"]
        assert await run.left() == (0, 0)
        assert await run.left("worker-dead-letters") == (1, 0)

    poll(tmp_path, lambda: Scripted(lambda _: Failed), scene, QueueTrigger(retries=2), first=["1"])


def test_a_failed_batch_waits_for_the_rest_of_its_visibility(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: bool(run.deliveries))
        assert await run.left() == (0, 1)
        await run.wait_for(lambda: len(run.deliveries) == 2)

    trigger = QueueTrigger(visibility=1)
    poll(tmp_path, lambda: Scripted(lambda _: Failed), scene, trigger, first=["1"], retry_after=None)


def test_a_throttled_batch_is_tried_again_and_is_no_failure(tmp_path: Path) -> None:
    refusals = [Throttled("too many", reason="ConcurrentInvocationLimitExceeded")] * 2

    def answer(_: list[dict[str, Any]]) -> None:
        if refusals:
            raise refusals.pop()

    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: bool(run.deliveries))

        assert [event[0]["attributes"]["ApproximateReceiveCount"] for event in function.events] == ["1", "1", "1"]
        assert await run.left() == (0, 0)

    poll(tmp_path, lambda: Scripted(answer), scene, first=["1"])


def test_a_batch_that_cannot_be_delivered_stays_and_is_told(tmp_path: Path) -> None:
    def answer(_: list[dict[str, Any]]) -> None:
        raise EnvironmentFault("no environment")

    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: bool(run.deliveries))

        assert run.deliveries[0].outcome is None
        assert "no environment. The messages stay in worker" in run.deliveries[0].note
        assert await run.left() == (0, 1)

    poll(tmp_path, lambda: Scripted(answer), scene, first=["1"])


def test_no_more_batches_run_at_a_time_than_may(tmp_path: Path) -> None:
    def held() -> Scripted:
        function = Scripted()
        function.goes_on.clear()
        return function

    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: function.running == 2)
        await run.send([str(n) for n in range(20)])
        assert function.running == 2
        function.goes_on.set()
        await run.wait_for(lambda: len(run.deliveries) == 26)
        assert function.most_running == 2

    trigger = QueueTrigger(batch=1, concurrency=2)
    poll(tmp_path, held, scene, trigger, first=[str(n) for n in range(6)])


def test_a_window_gathers_what_comes_while_it_is_open(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.send([str(n) for n in range(15)])
        await run.wait_for(lambda: bool(run.deliveries))

        assert function.bodies == [[str(n) for n in range(15)]]

    poll(tmp_path, Scripted, scene, QueueTrigger(batch=15, window=300))


def test_a_batch_too_large_for_an_event_is_more_than_one(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.wait_for(lambda: sum(each.messages for each in run.deliveries) == 8)

        assert sum(len(event) for event in function.events) == 8
        assert len(function.events) >= 2
        assert all(len(json.dumps({"Records": event})) <= 6 * 1_048_576 for event in function.events)

    poll(tmp_path, Scripted, scene, first=["x" * 1_000_000 for _ in range(8)])


def test_a_group_keeps_its_order_also_when_a_message_fails(tmp_path: Path) -> None:
    def answer(records: list[dict[str, Any]]) -> Any:
        return Failed if records[0]["attributes"]["ApproximateReceiveCount"] == "1" else None

    async def scene(run: Polled, function: Scripted) -> None:
        for number in range(4):
            for group in ("a", "b"):
                await run.send([f"{group}{number}"], group=group, queue="worker.fifo")
        await run.wait_for(lambda: sum(each.messages - each.failed for each in run.deliveries) == 8)

        for group in ("a", "b"):
            seen = [body for event in function.bodies for body in event if body.startswith(group)]
            assert list(dict.fromkeys(seen)) == [f"{group}{number}" for number in range(4)]

    poll(tmp_path, lambda: Scripted(answer), scene, QueueTrigger(fifo=True, batch=1))


def test_what_is_being_worked_on_is_visible_again_when_the_poller_ends(tmp_path: Path) -> None:
    async def play() -> tuple[int, int]:
        function = Scripted()
        function.goes_on.clear()
        async with Queues(Store(tmp_path / "queues.sqlite")) as queues:
            async with Poller(function, queues, "worker", QueueTrigger()):
                run = Polled(queues)
                await run.send(["1"])
                await run.wait_for(lambda: function.running == 1)
            return await run.left()

    assert asyncio.run(asyncio.wait_for(play(), BOUND)) == (1, 0)


def test_a_deleted_queue_is_made_again_and_told(tmp_path: Path) -> None:
    async def scene(run: Polled, function: Scripted) -> None:
        await run.queues.remove("worker")
        await run.wait_for(lambda: bool(run.deliveries))
        assert run.deliveries[0].note == "could not be read: The specified queue does not exist."
        async with asyncio.timeout(BOUND):
            while not function.events:
                with contextlib.suppress(QueueRefusal):
                    await run.send(["1"])

    poll(tmp_path, Scripted, scene)


def test_a_function_in_an_environment_gets_its_messages(tmp_path: Path) -> None:
    code = "def handler(event, context):\n    print([record['body'] for record in event['Records']])\n"
    (tmp_path / "app.py").write_text(code)
    lines: list[str] = []

    async def play() -> tuple[int, int]:
        configuration = FunctionConfiguration(handler="app.handler", task_root=tmp_path, name="worker", timeout=10)
        async with (
            Queues(Store(tmp_path / "queues.sqlite")) as queues,
            LocalFunction(configuration, log=lines.append) as function,
        ):
            run = Polled(queues)
            async with Poller(function, queues, "worker", QueueTrigger(), note=run.note):
                await run.send(["hello"])
                await run.wait_for(lambda: bool(run.deliveries))
            assert run.deliveries[0].outcome is not None
            return await run.left()

    assert asyncio.run(asyncio.wait_for(play(), 60)) == (0, 0)
    assert any("['hello']" in line for line in lines)
