"""The pages on front doors and on the Lambda API say what the code does."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from lambdakit.emulator.front_doors import GATEWAYS
from lambdakit.emulator.lambda_api import AsynchronousSettings
from tests.emulator.lambda_api.calls import ECHO, open_api, run

ROOT = Path(__file__).parents[2]
DOORS = (ROOT / "docs/reference/front-doors.md").read_text(encoding="utf-8")
API = (ROOT / "docs/reference/lambda-api.md").read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def numbers(cell: str) -> list[int]:
    plain = re.sub(r"\]\([^)]*\)", "]", cell)
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", plain)]


@pytest.mark.parametrize("via", list(GATEWAYS))
def test_the_limits_of_each_service_are_those_of_its_door(via: str) -> None:
    rules = GATEWAYS[via]
    ((_, body, head, answer, seconds),) = [row for row in rows(DOORS, "Limits") if row[0] == f"`{via}`"]

    assert numbers(body) == [rules.request_limit]
    assert numbers(head) == [limit for limit in rules.head_limits if limit is not None]
    assert numbers(answer) == [rules.event_format.response_limit]
    assert numbers(seconds) == ([] if rules.time_limit is None else [rules.time_limit])


def test_every_answer_of_a_service_is_shown() -> None:
    shown = {(row[0].strip("`"), row[1]): row[2:5] for row in rows(DOORS, "What a service answers by itself")}
    given = {
        (via, why): [
            str(response.status),
            "a page" if response.body.startswith(b"<") else f"`{response.body.decode()}`",
            f"`{error_type.decode()}`" if (error_type := dict(response.headers).get(b"x-amzn-errortype")) else "",
        ]
        for via, rules in GATEWAYS.items()
        for why, response in rules.refusals.items()
    }

    assert shown == given


def test_the_limits_of_streams_are_those_of_the_rest_api() -> None:
    rules = GATEWAYS["rest-api"]
    shown = {row[0]: row[-1] for row in rows(DOORS, "Streams")}

    assert numbers(shown["whole stream"]) == [rules.stream_limit]
    assert numbers(shown["without a piece"]) == [rules.idle_limit]
    assert numbers(shown["prelude"]) == [rules.prelude_limit]


def test_every_setting_of_asynchronous_calls_is_shown_with_its_default() -> None:
    shown = {row[0].strip("`"): row[1].strip("`") for row in rows(API, "Events that nobody waits for")}

    assert shown == {field.name: str(field.default) for field in fields(AsynchronousSettings)}


def test_the_program_on_the_page_calls_functions(tmp_path: Path) -> None:
    program = """
import json
from ask import ask, ask_later, connect, listen
client = connect()
answers = [ask(client, "shop", {"a": 1}), ask_later(client, "shop", {"b": 2}), listen(client, "shop", {"c": 3})]
print(json.dumps([*answers[:2], json.loads(answers[2])]))
"""

    async def work() -> None:
        async with open_api(tmp_path, ECHO) as calls:
            environment = os.environ | {
                "PYTHONPATH": str(ROOT / "docs/snippets/call_functions"),
                "AWS_ENDPOINT_URL_LAMBDA": calls.address,
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
            ended = await asyncio.to_thread(
                lambda: subprocess.run(
                    [sys.executable, "-c", program], env=environment, capture_output=True, timeout=40, check=True
                )
            )
            first, later, streamed = json.loads(ended.stdout)
            assert (first["event"], streamed["event"]) == ({"a": 1}, {"c": 3})
            await calls.api.drain()
            assert calls.lines.count("seen") == 3
            assert any(later in line for line in calls.lines)

    run(work)
