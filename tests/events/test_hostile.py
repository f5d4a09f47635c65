"""Broken events and results by the thousand: each gets an error of the toolkit's own or a sound answer, and soon."""

import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import perf_counter
from typing import Any

import pytest
from pydantic import TypeAdapter

from lambdakit.errors import LambdakitError
from lambdakit.events import FORMATS, Request, Response, detect
from lambdakit.events.shape import is_list, is_table
from tests.events.golden import NAMES, REQUESTS, load, source_of
from tests.events.samples import SAMPLES, load_sample

EVENTS = 10_000
RESULTS = 2_000
SLOWEST = 0.05
"""Seconds that one call may take."""
ATTEMPTS = 3
"""How often a slow call is measured again before it counts: the machine may have been busy."""

REQUEST = TypeAdapter(Request)
RESPONSE = TypeAdapter(Response)


def nested(levels: int) -> Any:
    value: Any = "deep"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


# Built once: the same value in many events is as hostile as a fresh one.
WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e999,
    10**400,
    "",
    " ",
    "/",
    "%",
    "%FF%",
    "?",
    "[",
    ":",
    "[::1",
    ",,,",
    "\x00\r\n",
    "日本\U0001f600",
    "\ud800",
    "half\udfff",
    "no base64!",
    "aGk",
    "{{{proxy+}}}",
    "9" * 5000,
    "x" * 200_000,
    "%41" * 30_000,
    "é" * 100_000,
    "日" * 100_000,
    "{" * 100_000,
    "," * 100_000,
    [],
    {},
    [None],
    [[]],
    {"": None},
    {5: "five", None: 1},
    {"\ud800": "x", "日": ["\ud800"]},
    ["\udc00", 5, {}],
    dict.fromkeys(map(str, range(5_000)), "x"),
    ["x"] * 5_000,
    nested(50),
    nested(100_000),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every object or list inside a value with each of its keys."""
    for key, inner in list(value.items() if is_table(value) else enumerate(value) if is_list(value) else ()):
        yield value, key
        yield from places(inner)


def swap_kind(value: Any) -> Any:
    """Return an object for a list, a list for an object, and a container for anything else."""
    if is_table(value):
        return list(value.items())
    return dict(enumerate(value)) if is_list(value) else [value]


def delete(holder: Any, key: Any, chance: random.Random) -> None:
    del holder[key]


def replace(holder: Any, key: Any, chance: random.Random) -> None:
    holder[key] = chance.choice(WRONG_VALUES)


def swap(holder: Any, key: Any, chance: random.Random) -> None:
    holder[key] = swap_kind(holder[key])


def retype(holder: Any, key: Any, chance: random.Random) -> None:
    value = holder[key]
    holder[key] = chance.choice([[value], {"value": value}, bool(value), 7, b"bytes", (value, value)])


def rename(holder: Any, key: Any, chance: random.Random) -> None:
    if is_table(holder):
        new: Any = chance.choice([7, None, "", "\ud800", "日", f"{key}\n", str(key).upper(), (1, 2)])
        holder[new] = holder.pop(key)


def add(holder: Any, key: Any, chance: random.Random) -> None:
    if is_table(holder):
        new: Any = chance.choice(["requestContext", "http", "elb", "Records", "headers", "cookies", "version", 7])
        holder[new] = chance.choice(WRONG_VALUES)
    else:
        holder.append(chance.choice(WRONG_VALUES))


def damage(value: Any, key: Any, chance: random.Random) -> None:
    """Change one letter of a text, so that percent signs, base64 and addresses break."""
    if isinstance(value[key], str) and value[key]:
        at = chance.randrange(len(value[key]))
        value[key] = value[key][:at] + chance.choice("%\ud800é?#[]:,=\x00 ") + value[key][at + 1 :]


MUTATIONS: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    delete, replace, replace, swap, retype, rename, add, damage
)  # fmt: skip


def mutants(originals: list[str], count: int) -> Iterator[Any]:
    """Yield broken copies of values given as JSON, the same copies in every run."""
    chance = random.Random(20_261_124)
    for number in range(count):
        mutant = json.loads(originals[number % len(originals)])
        found = list(places(mutant))
        for holder, key in chance.sample(found, min(len(found), chance.choice([1, 1, 1, 2, 3, 8]))):
            # An earlier mutation may have taken the place away.
            with suppress(LookupError):
                chance.choice(MUTATIONS)(holder, key, chance)
        yield mutant if chance.random() > 0.01 else chance.choice(WRONG_VALUES)


def outcome(call: Callable[[Any], Any], value: Any) -> Any:
    """Return what a call returns, or the toolkit's error; anything else escapes and fails the test."""
    try:
        return call(value)
    except LambdakitError as error:
        return error


def seconds(call: Callable[[Any], Any], value: Any) -> float:
    """Return how long a call takes; a slow one is measured again, as the machine may have been busy."""
    taken = float("inf")
    for _ in range(ATTEMPTS):
        started = perf_counter()
        outcome(call, value)
        if (taken := min(taken, perf_counter() - started)) < SLOWEST:
            break
    return taken


@pytest.mark.requirement("hostile-events")
def test_hostile_events_are_answered_or_refused_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    events = [*map(load, NAMES), *map(load, REQUESTS), *map(load_sample, SAMPLES)]
    slowest, decoded = 0.0, 0

    for event in mutants([json.dumps(event) for event in events], EVENTS):
        slowest = max(slowest, seconds(detect, event))
        assert isinstance(outcome(detect, event), str | LambdakitError)
        for event_format in FORMATS.values():
            slowest = max(slowest, seconds(event_format.decode_request, event))
            request = outcome(event_format.decode_request, event)
            if not isinstance(request, LambdakitError):
                REQUEST.validate_python(request, strict=True)
                decoded += 1

    with capsys.disabled():
        sys.stdout.write(f"\n{EVENTS} hostile events: {decoded} requests, slowest call {slowest * 1000:.1f} ms\n")
    assert decoded > EVENTS // 10
    assert slowest < SLOWEST


@pytest.mark.requirement("hostile-events")
def test_hostile_results_are_answered_or_refused_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    slowest, decoded = 0.0, 0

    for result in mutants([json.dumps(result) for result in results()], RESULTS):
        for event_format in FORMATS.values():
            slowest = max(slowest, seconds(event_format.decode_response, result))
            response = outcome(event_format.decode_response, result)
            if not isinstance(response, LambdakitError):
                RESPONSE.validate_python(response, strict=True)
                decoded += 1

    with capsys.disabled():
        sys.stdout.write(f"\n{RESULTS} hostile results: {decoded} responses, slowest call {slowest * 1000:.1f} ms\n")
    assert decoded > RESULTS // 10
    assert slowest < SLOWEST


def results() -> Iterator[Any]:
    """Yield what functions answer, in every format."""
    headers = [(b"content-type", b"image/gif"), (b"vary", b"a"), (b"vary", b"b"), (b"set-cookie", b"c=1")]
    for event_format in FORMATS.values():
        yield event_format.encode_response(Response(200, headers, b"GIF89\xff"))
        yield event_format.encode_response(Response(404, headers[1:], b"gone"))
        yield event_format.encode_response(Response(204, []))


@pytest.mark.parametrize("name", REQUESTS)
def test_a_body_nested_deeper_than_python_recurses_is_refused_by_its_name(name: str) -> None:
    error = outcome(FORMATS[source_of(name)].decode_request, load(name) | {"body": nested(100_000)})

    assert isinstance(error, LambdakitError)
    assert error.what.startswith("body is [{'a': [{'a': [{'a': ")
