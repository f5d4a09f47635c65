"""Many events at a time in one process, as Managed Instances send them, in the local Lambda."""

import asyncio
import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator import Environment, Outcome
from tests.emulator.functions import Run, configure
from tests.runtime.fake_api import FakeApi, start_runtime

TOGETHER = """
    import asyncio, logging, os, sys, threading, time
    came, all_came = [], asyncio.Event()

    async def wait_for(count):
        came.append(1)
        if len(came) >= count:
            all_came.set()
        await all_came.wait()
"""
"""The beginning of a handler whose invocations wait for each other, so that they end only if all run at a time."""


def run_together(folder: Path, source: str, payloads: Sequence[Any], *, slots: int = 16, **settings: Any) -> Run:
    """Invoke a function on our runtime with all payloads at the same time."""
    given = {"timeout": 60, "runtime": "lambdakit", "memory": 512, "max_concurrency": slots, **settings}
    configuration, run = configure(folder, source, **given), Run()

    async def invoke(environment: Environment) -> list[Outcome]:
        return await asyncio.gather(*(environment.invoke(json.dumps(each).encode()) for each in payloads))

    async def run_all() -> None:
        async with Environment(configuration, log=run.take) as environment:
            run.outcomes += await invoke(environment)

    asyncio.run(run_all())
    return run


@pytest.mark.parametrize(
    "handler",
    [
        """
    async def handler(event, context):
        await wait_for(16)
        return [event, os.getpid()]
    """,
        """
    barrier = threading.Barrier(16)
    def handler(event, context):
        barrier.wait()
        return [event, os.getpid()]
    """,
    ],
    ids=["async def", "def"],
)
def test_sixteen_invocations_at_a_time_share_one_process(tmp_path: Path, handler: str) -> None:
    run = run_together(tmp_path, TOGETHER + handler, range(16))

    results = run.results()
    assert [number for number, _ in results] == list(range(16))
    assert len({process for _, process in results}) == 1


@pytest.mark.parametrize("route", ["async def", "def"])
def test_routes_of_an_app_run_at_the_same_time(tmp_path: Path, route: str) -> None:
    wait = "await wait_for(16)" if route == "async def" else "barrier.wait()"
    source = (
        TOGETHER
        + f"""
    from contextlib import asynccontextmanager
    from fastapi import FastAPI
    from lambdakit.asgi import LambdaApp
    barrier, starts = threading.Barrier(16), []

    @asynccontextmanager
    async def lifespan(app):
        starts.append(1)
        yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/items/{{number}}")
    {route} read(number: int):
        {wait}
        return [number, len(starts), os.getpid()]

    handler = LambdaApp(app)
    """
    )
    run = run_together(tmp_path, source, [make_request(f"/items/{number}") for number in range(16)])

    bodies = [json.loads(result["body"]) for result in run.results()]
    assert [number for number, _, _ in bodies] == list(range(16))
    assert len({(starts, process) for _, starts, process in bodies}) == 1


def make_request(path: str) -> dict[str, Any]:
    """Return the event of a GET request to a function URL."""
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "id.lambda-url.us-east-1.on.aws"},
        "requestContext": {"http": http, "domainName": "id.lambda-url.us-east-1.on.aws", "stage": "$default"},
        "isBase64Encoded": False,
    }


def test_each_invocation_has_its_own_context_and_its_own_ids_in_the_log(tmp_path: Path) -> None:
    source = (
        TOGETHER
        + """
    from contextvars import ContextVar
    number = ContextVar("number", default=None)

    async def handler(event, context):
        seen = number.get()
        number.set(event)
        print("begun", event, end="")
        await wait_for(8)
        logging.getLogger().error("logged %d", event)
        print(" ended", event)
        return [seen, number.get(), context.aws_request_id]
    """
    )
    run = run_together(tmp_path, source, range(8), slots=8)

    results = run.results()
    assert [(seen, number) for seen, number, _ in results] == [(None, number) for number in range(8)]
    records = [json.loads(line) for line in run.log]
    written = {(record.get("requestId"), record.get("message")) for record in records}
    for _, number, request_id in results:
        assert {(request_id, f"begun {number} ended {number}"), (request_id, f"logged {number}")} <= written


@pytest.mark.parametrize(
    ("statement", "error_type"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("sys.exit(3)", "Runtime.ExitError"),
        ("raise BaseException", "BaseException"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise asyncio.CancelledError", "CancelledError"),
        ("return object()", "Runtime.MarshalError"),
        ("await asyncio.sleep(60)", "Sandbox.Timedout"),
    ],
)
def test_what_one_invocation_does_is_its_own_error(tmp_path: Path, statement: str, error_type: str) -> None:
    source = (
        TOGETHER
        + f"""
    async def handler(event, context):
        await wait_for(4)
        if event == 0:
            {statement}
        await asyncio.sleep(0.1)
        return os.getpid()
    """
    )
    run = run_together(tmp_path, source, range(4), slots=4, timeout=2)

    assert [outcome.error_type for outcome in run.outcomes] == [error_type, None, None, None]
    assert len({outcome.payload for outcome in run.outcomes[1:]}) == 1


def test_what_a_task_raises_through_the_loop_ends_no_other(tmp_path: Path) -> None:
    source = (
        TOGETHER
        + """
    async def leave():
        sys.exit(1)

    async def handler(event, context):
        if event == 0:
            asyncio.create_task(leave())
        await wait_for(4)
        await asyncio.sleep(0.05)
        return os.getpid()
    """
    )
    run = run_together(tmp_path, source, range(4), slots=4)

    assert len({outcome.payload for outcome in run.outcomes}) == 1
    assert all(outcome.error_type is None for outcome in run.outcomes)
    assert any("a task that an invocation started raised SystemExit(1)" in line for line in run.log)


def test_a_child_that_comes_back_from_a_fork_takes_no_events(tmp_path: Path) -> None:
    source = (
        TOGETHER
        + """
    async def handler(event, context):
        await wait_for(4)
        if event == 0 and os.fork() == 0:
            await asyncio.sleep(0.01)
            return "child"
        return "parent"
    """
    )
    run = run_together(tmp_path, source, [0, 1, 2, 3] * 8, slots=4)

    assert run.results() == ["parent"] * 32


def test_a_plain_function_that_takes_too_long_holds_its_slot_and_no_other(tmp_path: Path) -> None:
    source = """
        import threading
        release = threading.Event()
        def handler(event, context):
            if event == "block":
                release.wait(30)
                return "late"
            if event == "release":
                release.set()
            return event
    """
    configuration = configure(tmp_path, source, runtime="lambdakit", memory=512, max_concurrency=2, timeout=1)
    run = Run()

    async def call() -> None:
        async with Environment(configuration, log=run.take) as environment:
            blocked = asyncio.create_task(environment.invoke(b'"block"'))
            for payload in [b'"a"', b'"b"']:
                run.outcomes.append(await environment.invoke(payload))
            run.outcomes.append(await blocked)
            run.outcomes.append(await environment.invoke(b'"release"'))

    asyncio.run(call())
    assert [outcome.error_type for outcome in run.outcomes] == [None, None, "Sandbox.Timedout", None]
    assert any("its slot takes no event until it has ended" in line for line in run.log)


def test_work_after_the_response_keeps_its_slot_alone(tmp_path: Path) -> None:
    source = """
        import asyncio
        done = []

        async def work(event):
            await asyncio.sleep(0.3)
            done.append(event)

        async def handler(event, context):
            asyncio.create_task(work(event))
            return sorted(done)
    """
    configuration = configure(tmp_path, source, runtime="lambdakit", memory=512, max_concurrency=2, timeout=10)

    async def call() -> list[Any]:
        async with Environment(configuration, log=print) as environment:
            await asyncio.gather(environment.invoke(b"1"), environment.invoke(b"2"))
            return json.loads((await environment.invoke(b"3")).payload)

    assert asyncio.run(call()) == [1, 2]


def test_the_lifespan_ends_on_sigterm(tmp_path: Path) -> None:
    source = """
        from lambdakit.coldstart import on_shutdown

        @on_shutdown
        def say():
            print("closed")

        async def handler(event, context):
            print("asked")
    """
    api = FakeApi({})
    process = start_runtime(api, tmp_path, source, AWS_LAMBDA_MAX_CONCURRENCY="1")
    try:
        assert api.is_done.wait(20)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        api.close()

    assert process.returncode == 0
    assert output.decode().splitlines() == ["asked", "asked", "closed"]
