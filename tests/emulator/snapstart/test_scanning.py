"""The scan by itself, in this process, where whatever a module may hold can be put before it."""

import sys
import types
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.emulator.snapstart.lambdakit_zygote.scanning import Scan, look_up, scan

NAME = "tests_scanned"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """An empty module of a function whose code folder is the test's."""
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    made = types.ModuleType(NAME)
    made.__file__ = str(tmp_path / f"{NAME}.py")
    sys.modules[NAME] = made
    yield made
    del sys.modules[NAME]


def labels() -> set[str]:
    found = Scan()
    scan(found)
    return {each.label for each in found.ids if each.route[0] == NAME}


class Hostile:
    """Fails whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class HostileMap(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError


def test_no_code_of_the_values_runs(module: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    vars(module).update(hostile=Hostile(), made=uuid.uuid4(), inside=HostileMap(made=uuid.uuid4()), cycle=module)
    monkeypatch.setitem(sys.modules, "tests_hostile", Hostile())
    assert labels() == {f"{NAME}.made", f"{NAME}.inside.made"}


def test_a_value_that_contains_itself_is_looked_at_once(module: types.ModuleType) -> None:
    cycle: list[Any] = [uuid.uuid4()]
    cycle.append(cycle)
    vars(module).update(cycle=cycle)
    assert labels() == {f"{NAME}.cycle[0]"}


def test_a_large_value_costs_no_more_than_a_small_one(module: types.ModuleType) -> None:
    vars(module).update(ids=[uuid.uuid4() for _ in range(100_000)])
    assert 0 < len(labels()) <= 200


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.uuids(version=4),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
        max_leaves=20,
    )
)
def test_every_id_that_is_found_is_where_it_is_said_to_be(value: Any) -> None:
    made = types.ModuleType(NAME)
    made.__file__ = __file__
    vars(made).update(value=value)
    sys.modules[NAME] = made
    found = Scan()
    scan(found)
    for each in found.ids:
        assert look_up(each.route) == each.value
    del sys.modules[NAME]


def test_what_is_no_more_there_is_nothing(module: types.ModuleType) -> None:
    vars(module).update(inside=[uuid.uuid4()])
    assert isinstance(look_up((NAME, "inside", 0)), str)
    vars(module).update(inside=[])
    assert look_up((NAME, "inside", 0)) is None
