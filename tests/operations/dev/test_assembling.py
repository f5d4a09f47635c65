"""A declared service as a whole: queues, schedules and the other services beside the front doors."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest

from lambdakit.emulator.front_doors import GATEWAYS
from lambdakit.errors import AddressInUse, OptionError, QueuesInUse
from lambdakit.operations.dev import Assembly, Plan, assemble
from tests.operations.dev.listeners import Kept

DECLARATION = """
[tool.lambdakit.functions.api]
handler = "app.api"
http = { auth = "none" }

[tool.lambdakit.functions.worker]
handler = "app.worker"
timeout = 5
queue = { batch = 10, retries = 0, visibility = 5 }

[tool.lambdakit.functions.nightly]
handler = "app.nightly"
schedule = "cron(0 3 * * ? *)"
"""
SOURCE = """
import json, os
def api(event, context):
    return {"statusCode": 200, "body": json.dumps({name: value for name, value in os.environ.items()
                                                   if name.startswith("AWS_ENDPOINT_URL") or name.endswith("KEY_ID")})}
def worker(event, context):
    bad = [each["messageId"] for each in event["Records"] if each["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
def nightly(event, context):
    return event["detail-type"]
"""


def make_plan(folder: Path, *names: str, **options: Any) -> Plan:
    (folder / "pyproject.toml").write_text(DECLARATION)
    (folder / "app.py").write_text(SOURCE)
    return Plan(folder, names, **options)


def run(plan: Plan, work: Callable[[Assembly, Kept], Awaitable[None]]) -> Kept:
    kept = Kept()
    assembly = assemble(plan, kept, keep=lambda _: None, note=kept.note)

    async def serve() -> None:
        async with asyncio.timeout(60), assembly.service:
            await work(assembly, kept)

    asyncio.run(serve())
    return kept


def find(assembly: Assembly, name: str, via: str) -> str:
    [found] = [each.address for each in assembly.service.running if (each.name, each.via) == (name, via)]
    return found


def connect(address: str) -> Any:
    aws: Any = boto3
    return aws.client(
        "sqs", endpoint_url=address, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


async def wait_for(kept: Kept, name: str) -> None:
    while not any(each == name for each, _, _ in kept.invocations):  # noqa: ASYNC110 (a list that grows)
        await asyncio.sleep(0.01)


def test_messages_reach_the_function_and_what_it_refuses_becomes_a_dead_letter(tmp_path: Path) -> None:
    async def work(assembly: Assembly, kept: Kept) -> None:
        client, url = connect(find(assembly, "(all)", "sqs")), find(assembly, "worker", "queue")
        for body in ("good", "bad"):
            await asyncio.to_thread(client.send_message, QueueUrl=url, MessageBody=body)
        await wait_for(kept, "worker")
        answer: Any = {}
        while not answer.get("Messages"):
            answer = await asyncio.to_thread(client.receive_message, QueueUrl=f"{url}-dead-letters", WaitTimeSeconds=1)
        assert [each["Body"] for each in answer["Messages"]] == ["bad"]

    kept = run(make_plan(tmp_path), work)
    assert all("of worker" in source for _, source, _ in kept.invocations)
    assert any(source.endswith("1 to come again") for _, source, _ in kept.invocations)
    assert any("moved to worker-dead-letters" in note for note in kept.notes)


def test_messages_wait_for_the_next_start(tmp_path: Path) -> None:
    async def send(assembly: Assembly, _: Kept) -> None:
        address = find(assembly, "(all)", "sqs")
        client = connect(address)
        await asyncio.to_thread(client.create_queue, QueueName="worker")
        url = f"{address}123456789012/worker"
        await asyncio.to_thread(client.send_message, QueueUrl=url, MessageBody="later")

    async def receive(_: Assembly, kept: Kept) -> None:
        await wait_for(kept, "worker")

    run(make_plan(tmp_path, "api"), send)
    kept = run(make_plan(tmp_path), receive)
    assert [(source, outcome.failed) for _, source, outcome in kept.invocations] == [("1 message of worker", False)]


def test_a_schedule_fires_when_it_is_told_to(tmp_path: Path) -> None:
    async def work(assembly: Assembly, _: Kept) -> None:
        assert find(assembly, "nightly", "schedule").startswith("cron(0 3 * * ? *), next at ")
        assert await assembly.schedules.fire() == 1

    kept = run(make_plan(tmp_path), work)
    [(name, source, outcome)] = kept.invocations
    assert (name, source, json.loads(outcome.payload)) == ("nightly", "schedule", "Scheduled Event")


def ask_for_surroundings(plan: Plan) -> dict[str, str]:
    found: dict[str, str] = {}

    async def work(assembly: Assembly, _: Kept) -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            found.update((await client.get(find(assembly, "api", "function-url"))).json())

    run(plan, work)
    return found


def test_functions_find_each_other_their_queues_and_the_other_services(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    surroundings = ask_for_surroundings(plan)
    assert surroundings["AWS_ENDPOINT_URL_LAMBDA"] == plan.address("(lambda)")
    assert surroundings["AWS_ENDPOINT_URL_SQS"] == plan.address("(sqs)")
    assert surroundings["AWS_ENDPOINT_URL_S3"] == plan.address("(services)")
    assert surroundings["AWS_ACCESS_KEY_ID"] == "AKIAIOSFODNN7EXAMPLE"


def test_credentials_of_the_shell_are_passed_when_asked_for_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    assert ask_for_surroundings(make_plan(tmp_path))["AWS_ACCESS_KEY_ID"] == "AKIAIOSFODNN7EXAMPLE"
    surroundings = ask_for_surroundings(make_plan(tmp_path, has_credentials=True))
    assert surroundings["AWS_ACCESS_KEY_ID"] == "AKIAREAL"
    assert "AWS_ENDPOINT_URL_S3" not in surroundings


def test_two_at_a_time_do_not_share_their_queues(tmp_path: Path) -> None:
    async def work(_: Assembly, __: Kept) -> None:
        kept = Kept()
        second = assemble(make_plan(tmp_path, port=0), kept, keep=lambda _: None, note=kept.note)
        with pytest.raises(QueuesInUse, match="another process"):
            async with second.service:
                pass

    run(make_plan(tmp_path), work)


def test_a_rest_api_has_the_stage_and_the_resources_that_are_declared(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import json\n"
        "def handler(event, context):\n"
        "    seen = [event['resource'], event['pathParameters'], event['requestContext']['stage']]\n"
        "    return {'statusCode': 200, 'body': json.dumps(seen)}\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.lambdakit.functions.api]\nhandler = "app.handler"\n'
        'http = { via = "rest-api", auth = "none", stage = "test", resources = ["/health", "/orders/{id}"] }\n'
    )

    async def work(assembly: Assembly, _: Kept) -> None:
        [running] = [each for each in assembly.service.running if each.name == "api"]
        assert running.example.endswith("/test/health")
        async with httpx2.AsyncClient(base_url=running.address, timeout=30) as client:
            assert (await client.get("orders/5")).json() == ["/orders/{id}", {"id": "5"}, "test"]
            assert (await client.get("items")).status_code == 403
            assert (await client.get(running.address.replace("/test/", "/prod/") + "health")).status_code == 403

    run(Plan(tmp_path), work)


def test_what_is_declared_for_one_service_stays_there(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.lambdakit.functions.api]\nhandler = "app.api"\n'
        'http = { via = "rest-api", auth = "none", stage = "test", resources = ["/health"], streaming = true }\n'
    )
    assert Plan(tmp_path, via="alb").fronts()["api"].rules == GATEWAYS["alb"]
    assert Plan(tmp_path, via="rest-api").fronts()["api"].streams


def test_without_a_queue_the_queues_may_be_open_elsewhere(tmp_path: Path) -> None:
    async def work(_: Assembly, __: Kept) -> None:
        kept = Kept()
        second = assemble(make_plan(tmp_path, "api", port=0), kept, keep=lambda _: None, note=kept.note)
        async with second.service:
            assert find(second, "api", "function-url")
        assert any("another process has the queues" in note for note in kept.notes)

    run(make_plan(tmp_path), work)


def test_a_port_in_use_is_named_with_what_it_was_to_be(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        plan = make_plan(tmp_path, "api")
        plan.ports["(lambda)"] = port
        with pytest.raises(AddressInUse, match=rf"port {port} is in use \(in the Lambda API\)"):
            run(plan, lambda _, __: asyncio.sleep(0))


def test_ports_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"4 ports are needed from 65533 on.*choose 65532 or less"):
        make_plan(tmp_path, "api", port=65_533)


def test_a_function_that_is_named_twice_is_served_once(tmp_path: Path) -> None:
    assert list(make_plan(tmp_path, "api", "api").fronts()) == ["api"]


def test_what_a_reload_cannot_change_is_said(tmp_path: Path) -> None:
    plan, kept = make_plan(tmp_path), Kept()
    (tmp_path / "pyproject.toml").write_text(DECLARATION.replace("cron(0 3 * * ? *)", "rate(1 day)"))
    plan.configure(kept.note)
    changed = [note for note in kept.notes if "has changed" in note]
    assert changed == ["nightly: what brings it its events has changed; start again for that"]


def test_programs_find_what_is_served_by_one_command(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    words = plan.exports().split()
    assert words[0] == "export"
    assert {f"AWS_ENDPOINT_URL_SQS={plan.address('(sqs)')}", "AWS_DEFAULT_REGION=us-east-1"} < set(words)


def test_a_debugger_follows_one_function(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="a debugger follows one function"):
        make_plan(tmp_path, debug_port=5678)
