"""What docs/guides/log.md and docs/reference/log-records.md say of the lines."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from tests.asgi.apps import make_event

ROOT = Path(__file__).parents[2]
SNIPPETS = ROOT / "docs/snippets/log"
GUIDE = (ROOT / "docs/guides/log.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs/reference/log-records.md").read_text(encoding="utf-8")
ON_LAMBDA = {"function_name", "function_memory_size", "xray_trace_id", "remaining_ms"}


def log_of(handler: str, event: Any, runtime: Any) -> list[dict[str, Any]]:
    """Return the lines that a program of the guide writes for an event."""
    configuration = FunctionConfiguration(
        handler=handler, task_root=SNIPPETS, runtime=runtime, memory=1769, timeout=20, init_timeout=30
    )
    lines: list[str] = []

    async def invoke() -> None:
        async with Environment(configuration, log=lines.append) as environment:
            assert (await environment.invoke(json.dumps(event).encode())).error_type is None

    asyncio.run(invoke())
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_the_lines_of_the_first_program_have_the_fields_that_the_guide_shows(runtime: str) -> None:
    event = make_event("/orders/7", method="POST", headers=[(b"x-correlation-id", b"cart-1")])
    shown = [json.loads(line) for line in GUIDE.splitlines() if line.startswith("{")]

    for line, example in zip(log_of("orders.handler", event, runtime), shown, strict=True):
        assert [name for name in line if name not in ON_LAMBDA] == list(example)
        same = ("message", "correlation_id", "card_token", "order_id", "route", "service", "cold_start", "bytes_out")
        assert {name: line.get(name) for name in same} == {name: example.get(name) for name in same}


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_the_second_program_writes_a_metric_and_a_line(runtime: str) -> None:
    metric, line = log_of("stock.handler", {"Records": [{"body": "a"}, {"body": "b"}]}, runtime)

    assert metric["messages"] == [2.0]
    assert (line["message"], line["count"]) == ("messages read", 2)


def test_every_field_is_in_the_reference() -> None:
    documented = {name for row in REFERENCE.splitlines() for name in re.findall(r"`(\w+)`", row.partition(" | ")[0])}
    event = make_event("/orders/7", method="POST")
    written = {name for line in log_of("orders.handler", event, "lambdakit") for name in line}

    assert written - documented == {"order_id", "card_token"}
