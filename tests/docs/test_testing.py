"""The reference of `lambdakit.testing` names all that the fixtures give."""

import inspect
import re
from pathlib import Path

import pytest

from lambdakit.operations.event_factories import Events, HttpEvents
from lambdakit.operations.event_factories.http import Details
from lambdakit.testing import Delivery, Functions, LambdaFunction, LiveQueue, Logs, Result
from lambdakit.testing.functions import Settings

PAGE = (Path(__file__).parents[2] / "docs/reference/testing.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return PAGE.partition(f"\n## `{heading}`\n")[2].partition("\n## ")[0]


def first_cells(text: str, head: str) -> set[str]:
    table = text.partition(f"| {head} |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def members(kind: type[object]) -> set[str]:
    names = {name for name in dir(kind) if not name.startswith("_")} | set(vars(kind).get("__annotations__", {}))
    return names - set(dir(tuple)) - {"of"}


@pytest.mark.parametrize("kind", [Result, Logs, Delivery])
def test_every_member_of_what_comes_back_is_documented(kind: type[object]) -> None:
    assert first_cells(section(kind.__name__), "member") == members(kind)


def test_every_member_of_a_function_is_documented() -> None:
    own = members(LambdaFunction) | {"name", "configuration", "emulated"}
    assert first_cells(section("LambdaFunction"), "member") == own


def test_every_member_of_a_live_queue_is_documented() -> None:
    assert first_cells(section("LiveQueue"), "member") == members(LiveQueue) | {"address", "url", "deliveries"}


def test_every_parameter_and_setting_of_the_fixture_is_documented() -> None:
    parameters = set(inspect.signature(Functions.__call__).parameters) - {"self", "instead"}

    assert first_cells(section("lambda_function"), "parameter") == parameters
    assert first_cells(section("lambda_function"), "setting") == set(Settings.__annotations__)


def test_what_http_events_take_is_documented() -> None:
    named = set(re.findall(r"`(\w+)`", section("lambda_events")))

    assert set(Details.__annotations__) <= named
    assert issubclass(Events, HttpEvents)
