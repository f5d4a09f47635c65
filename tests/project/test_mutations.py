import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit.errors import DeclarationError
from lambdakit.project import Project, load
from lambdakit.project.rules import is_table

VALID: dict[str, Any] = {
    "python": "3.13",
    "architecture": "arm64",
    "mcp": {"domain": "mcp.example.com", "issuer": "https://login.example.com/"},
    "functions": {
        "api": {
            "handler": "a.b",
            "memory": 256,
            "timeout": 3,
            "environment": {"STAGE": "dev"},
            "http": {"via": "alb", "streaming": False, "auth": "none"},
        },
        "tools": {
            "handler": "a.c",
            "mcp": {"auth": {"issuer": "https://x", "audience": "a", "scopes": ["s"]}, "sessions": "none"},
            "queue": {"batch": 1, "retries": 1, "visibility": 60},
            "schedule": "rate(1 hour)",
        },
    },
}


def paths(table: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*above, key)
        if is_table(value):
            yield from paths(value, (*above, key))


def as_toml(value: Any) -> str:
    if is_table(value):
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(member)}" for key, member in value.items()) + "}"
    return json.dumps(value)


def refusal(path: Path) -> str:
    """Return why a declaration is refused, or nothing if it loads."""
    try:
        assert isinstance(load(path), Project)
    except DeclarationError as error:
        return str(error)
    return ""


SCALARS = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="ascii", categories=["L", "N", "P"]))
)
VALUES = st.recursive(
    SCALARS, lambda value: st.lists(SCALARS, max_size=3) | st.dictionaries(st.text("aA1_. "), value, max_size=3)
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project") / "pyproject.toml"


@settings(deadline=None)
@given(place=st.sampled_from(list(paths(VALID))), value=VALUES, key=st.none() | st.text("abcdeh_", min_size=1))
def test_any_changed_declaration_loads_or_is_refused_with_lines(
    path: Path, place: tuple[str, ...], value: Any, key: str | None
) -> None:
    declaration = copy.deepcopy(VALID)
    table = declaration
    for step in place[:-1]:
        table = table[step]
    table[key or place[-1]] = value
    path.write_text("[tool]\n" + f"lambdakit = {as_toml(declaration)}\n")

    assert all(line.startswith(f"{path}:2: ") for line in refusal(path).splitlines())


@settings(deadline=None)
@given(data=st.data())
def test_any_changed_text_loads_or_is_refused(path: Path, data: st.DataObject) -> None:
    text = "[tool.lambdakit]\n" + "\n".join(f"{key} = {as_toml(value)}" for key, value in VALID.items()) + "\n"
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 5, len(text))))
    path.write_text(text[:start] + data.draw(st.text(max_size=3)) + text[end:], encoding="utf-8")

    assert str(path) in (refusal(path) or str(path))
