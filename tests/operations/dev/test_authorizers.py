"""Declared auth in front of functions in real environments."""

import asyncio
import json
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2

from lambdakit.operations.dev import FrontDoors, Plan, Service
from tests.emulator.authorizers.signing import sign
from tests.operations.dev.listeners import Kept

CODE = """
    import json
    def api(event, context):
        return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"])}
    def guard(event, context):
        return {"isAuthorized": event["identitySource"] == ["good"], "context": {"team": "tea"}}
"""
FUNCTIONS = """
    [tool.lambdakit.functions.api]
    handler = "app.api"
    http = { via = "VIA", auth = AUTH }

    [tool.lambdakit.functions.guard]
    handler = "app.guard"
"""


def serve(folder: Path, via: str, auth: str, *names: str) -> tuple[Plan, Service, Kept]:
    (folder / "app.py").write_text(textwrap.dedent(CODE))
    (folder / "pyproject.toml").write_text(textwrap.dedent(FUNCTIONS).replace("VIA", via).replace("AUTH", auth))
    plan, kept = Plan(folder, names, port=1), Kept()
    doors = FrontDoors({name: front._replace(port=0) for name, front in plan.fronts().items()})
    return plan, Service(lambda: plan.configure(kept.note), [doors], kept), kept


def run(work: Callable[[httpx2.AsyncClient], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            await asyncio.wait_for(work(client), 60)

    asyncio.run(bounded())


def test_a_signature_is_checked_with_the_credentials_that_functions_get(tmp_path: Path) -> None:
    _, service, kept = serve(tmp_path, "function-url", '"iam"', "api")

    async def work(client: httpx2.AsyncClient) -> None:
        async with service:
            [running] = service.running
            assert (await client.get(running.address)).status_code == 403
            address, headers = sign(running.address)
            authorizer = (await client.get(address, headers=headers)).json()
            assert authorizer["iam"]["accessKey"] == "AKIAIOSFODNN7EXAMPLE"
            assert "--aws-sigv4 aws:amz:us-east-1:lambda" in running.example
        assert [(visit.status, visit.outcome is None) for _, visit in kept.visits] == [(403, True), (200, False)]

    run(work)


def test_a_function_decides_who_may_call_another_and_has_no_door_of_its_own(tmp_path: Path) -> None:
    plan, service, kept = serve(tmp_path, "http-api", '{ function = "guard" }', "api")

    async def work(client: httpx2.AsyncClient) -> None:
        async with service:
            [running] = service.running
            answers = [await client.get(running.address, headers={"authorization": word}) for word in ("good", "bad")]
            assert [answer.status_code for answer in answers] == [200, 403]
            assert json.loads(answers[0].text) == {"lambda": {"team": "tea"}}
        assert [(name, source) for name, source, _ in kept.invocations] == [("guard", "authorizer of api")] * 2

    assert [target.function.name for target in plan.targets] == ["api", "guard"]
    run(work)


def test_the_new_code_of_a_function_decides_at_once(tmp_path: Path) -> None:
    _, service, _ = serve(tmp_path, "http-api", '{ function = "guard" }', "api")

    async def work(client: httpx2.AsyncClient) -> None:
        async with service:
            [running] = service.running
            assert (await client.get(running.address, headers={"authorization": "new"})).status_code == 403
            (tmp_path / "app.py").write_text(textwrap.dedent(CODE).replace('"good"', '"new"'))
            await service.reload()
            assert (await client.get(running.address, headers={"authorization": "new"})).status_code == 200

    run(work)


def test_all_functions_are_served_but_those_that_only_decide(tmp_path: Path) -> None:
    plan, _, _ = serve(tmp_path, "rest-api", '{ function = "guard", event = "token" }')

    assert list(plan.fronts()) == ["api"]
    assert [target.function.name for target in plan.targets] == ["api", "guard"]


def test_a_debugger_follows_the_function_that_is_named(tmp_path: Path) -> None:
    serve(tmp_path, "http-api", '{ function = "guard" }', "api")
    plan = Plan(tmp_path, ["api"], debug_port=5678)

    ports = {name: each.debug_port for name, each in plan.configure(Kept().note).items()}
    assert ports == {"api": 5678, "guard": None}
