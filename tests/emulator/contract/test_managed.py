"""Many invocations at once in one environment: the same in the local Lambda and in AWS's own emulator."""

import json
from collections import Counter
from pathlib import Path

import pytest

from lambdakit.events import FORMATS, Request
from tests.emulator.contract.answers import Seen, raised
from tests.emulator.contract.managed import AT_ONCE, TARGETS
from tests.emulator.contract.rie import NotHere

# Each waits for all others, so that it ends only when all of them are there at the same time.
TOGETHER = """
    import os, pathlib, tempfile, time
    folder = pathlib.Path(tempfile.gettempdir(), f"together-{os.environ['AWS_LAMBDA_RUNTIME_API']}")
    folder.mkdir(exist_ok=True)
    def handler(event, context):
        (folder / str(event)).touch()
        while len(list(folder.iterdir())) < 8:
            time.sleep(0.01)
        return [event, os.getpid()]
"""
EVENTS = [b"%d" % number for number in range(AT_ONCE)]

pytestmark = pytest.mark.parametrize("target", TARGETS)
both_runtimes = pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])


def call(target: str, source: str, runtime: str, folder: Path, payloads: list[bytes]) -> list[Seen]:
    try:
        return TARGETS[target](source, runtime, folder, payloads)
    except NotHere as reason:
        pytest.skip(str(reason))


@both_runtimes
def test_all_are_served_at_the_same_time(tmp_path: Path, target: str, runtime: str) -> None:
    found = call(target, TOGETHER, runtime, tmp_path, EVENTS)

    assert [event for event, _ in found] == list(range(AT_ONCE))
    # AWS's client forks a process for each, the toolkit's runtime needs one.
    assert len({process for _, process in found}) == (1 if runtime == "lambdakit" else AT_ONCE)


@both_runtimes
def test_what_one_raises_is_its_own(tmp_path: Path, target: str, runtime: str) -> None:
    source = TOGETHER.replace("return", "if event == 3: raise ValueError('the third')\n        return")
    found = call(target, source, runtime, tmp_path, EVENTS)

    assert found[3] == raised("ValueError", "the third")
    assert [each[0] for each in found if isinstance(each, list)] == [0, 1, 2, 4, 5, 6, 7]


def test_async_handlers_share_one_loop_and_keep_their_context_apart(tmp_path: Path, target: str) -> None:
    source = """
        import asyncio, contextvars
        current, ready = contextvars.ContextVar("current", default=None), asyncio.Event()
        here, most = [], 0
        async def handler(event, context):
            global most
            before = current.get()
            current.set(event)
            here.append(context.aws_request_id)
            most = max(most, len(here))
            if len(here) == 8:
                ready.set()
            await ready.wait()
            return [event, before, current.get(), most, len(set(here))]
    """
    found = call(target, source, "lambdakit", tmp_path, EVENTS)

    assert found == [[number, None, number, AT_ONCE, AT_ONCE] for number in range(AT_ONCE)]


def test_one_that_is_out_of_time_fails_alone(tmp_path: Path, target: str) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            await asyncio.sleep(60 if event == 3 else 0.1)
            return event
    """
    found = call(target, source, "lambdakit", tmp_path, EVENTS)

    late = found.pop(3)
    assert found == [0, 1, 2, 4, 5, 6, 7]
    assert late["errorType"] == "Sandbox.Timedout"


def test_more_than_fit_are_served_when_there_is_room_again(tmp_path: Path, target: str) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            await asyncio.sleep(0.3)
            return event
    """
    found = call(target, source, "lambdakit", tmp_path, [b"%d" % number for number in range(AT_ONCE + 2)])

    assert found == list(range(AT_ONCE + 2))


def test_streams_do_not_mix(tmp_path: Path, target: str) -> None:
    source = """
        import asyncio, os
        os.environ["LAMBDAKIT_STREAMING"] = "function-url"
        from lambdakit.asgi import LambdaApp
        async def app(scope, receive, send):
            number = scope["path"][1:].encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(5):
                await send({"type": "http.response.body", "body": number, "more_body": True})
                await asyncio.sleep(0.02)
            await send({"type": "http.response.body", "body": b"."})
        handler = LambdaApp(app, lifespan="off")
    """
    encode = FORMATS["function-url"].encode_request
    hosts = [(b"host", b"shop.test")]
    events = [encode(Request("GET", f"/{number}", b"/%d" % number, b"", hosts, b"")) for number in range(AT_ONCE)]
    found = call(target, source, "lambdakit", tmp_path, [json.dumps(event).encode() for event in events])

    bodies = [each.partition(bytes(8))[2] for each in found]
    assert bodies == [b"%d" % number * 5 + b"." for number in range(AT_ONCE)]


@both_runtimes
def test_each_has_a_request_id_of_its_own(tmp_path: Path, target: str, runtime: str) -> None:
    source = """
        import time
        def handler(event, context):
            time.sleep(0.1)
            return context.aws_request_id.replace("-", "")
    """
    found = call(target, source, runtime, tmp_path, EVENTS)

    assert set(Counter(found).values()) == {1}
    assert len(found) == AT_ONCE
