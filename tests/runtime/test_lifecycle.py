"""The life of an environment: what runs before the first event, around a snapshot and at the end."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.fake_api import FakeApi, start_runtime


def make_app(work: str = "") -> str:
    """Return an app that says when its lifespan ends; its other events say that they have come, and work."""
    return f"""
        import asyncio, time
        from lambdakit.asgi import LambdaApp

        async def app(scope, receive, send):
            await receive()
            await send({{"type": "lifespan.startup.complete"}})
            await receive()
            print("closed")
            await send({{"type": "lifespan.shutdown.complete"}})

        async def take(event, context):
            print("asked")
            {work}

        handler = LambdaApp(app, lifespan="on", sources={{"direct": take}})
    """


def end(process: subprocess.Popen[bytes]) -> tuple[int, str, float]:
    """Send SIGTERM; return exit code, output and the seconds it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    return process.returncode, output.decode(), time.monotonic() - began


def run_to_the_end(folder: Path, source: str, **variables: str) -> tuple[int, str, float]:
    """Serve both events and send SIGTERM; return exit code, output and the seconds that the end took."""
    api = FakeApi({})
    process = start_runtime(api, folder, source, **variables)
    try:
        assert api.is_done.wait(20)
        return end(process)
    finally:
        process.kill()
        api.close()


def test_the_lifespan_ends_on_sigterm_between_invocations(tmp_path: Path) -> None:
    code, output, seconds = run_to_the_end(tmp_path, make_app())

    assert code == 0
    assert output.splitlines() == ["asked", "asked", "closed"]
    assert seconds < 2


@pytest.mark.parametrize(
    "work",
    [
        "await asyncio.sleep(60)",
        "while True: await asyncio.sleep(0)",
        "await asyncio.to_thread(time.sleep, 60)",
    ],
)
def test_the_lifespan_ends_on_sigterm_in_the_middle_of_an_invocation(tmp_path: Path, work: str) -> None:
    api = FakeApi({})
    process = start_runtime(api, tmp_path, make_app(work))
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"asked\n"
        code, output, seconds = end(process)
    finally:
        process.kill()
        api.close()

    assert code == 0
    assert output.splitlines() == ["closed"]
    assert seconds < 2


def test_a_hook_that_takes_too_long_is_cut_off(tmp_path: Path) -> None:
    source = """
        import time
        from lambdakit.coldstart import on_shutdown

        on_shutdown(lambda: time.sleep(60))

        @on_shutdown
        async def first():
            print("first")

        def handler(event, context):
            return 1
    """
    code, output, seconds = run_to_the_end(tmp_path, source)

    assert (code, output) == (0, "first\n")
    assert seconds < 5


HOOKS = """
    from lambdakit.coldstart import after_restore, before_snapshot

    for name in "ab":
        before_snapshot(lambda name=name: print("before", name))
        after_restore(lambda name=name: print("after", name))

    @after_restore
    async def last():
        print("after last")

    def handler(event, context):
        return 1
"""


@pytest.mark.parametrize("client", ["lambdakit.runtime", "awslambdaric"])
def test_hooks_run_around_a_snapshot_under_both_clients(tmp_path: Path, client: str) -> None:
    api = FakeApi({})
    process = start_runtime(api, tmp_path, HOOKS, client=client, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    try:
        assert api.is_done.wait(20)
    finally:
        process.kill()
        output, _ = process.communicate(timeout=20)
        api.close()

    assert output.decode().splitlines() == ["before b", "before a", "after a", "after b", "after last"]
    assert [path for path, _ in api.reports] == ["restore/next"]


def test_hooks_that_were_registered_with_aws_run_too(tmp_path: Path) -> None:
    source = """
        from snapshot_restore_py import register_after_restore, register_before_snapshot
        register_before_snapshot(print, "before")
        register_after_restore(print, "after")
        def handler(event, context):
            return 1
    """
    _, output, _ = run_to_the_end(tmp_path, source, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")

    assert output.splitlines() == ["before", "after"]


@pytest.mark.parametrize(
    ("moment", "code", "report"),
    [("before_snapshot", 64, "init/error"), ("after_restore", 65, "restore/error")],
)
def test_a_hook_that_fails_is_reported_and_ends_the_process(
    tmp_path: Path, moment: str, code: int, report: str
) -> None:
    source = f"""
        from lambdakit.coldstart import {moment}
        {moment}(lambda: 1 / 0)
        def handler(event, context):
            return 1
    """
    api = FakeApi({})
    process = start_runtime(api, tmp_path, source, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    output, _ = process.communicate(timeout=20)
    api.close()

    path, body = api.reports[-1]
    assert (process.returncode, path) == (code, report)
    assert json.loads(body)["errorType"] == "ZeroDivisionError"
    assert b"ZeroDivisionError: division by zero" in output


@pytest.mark.parametrize("moment", ["before_snapshot", "after_restore"])
def test_an_app_starts_after_the_restore(tmp_path: Path, moment: str) -> None:
    source = f"""
        from lambdakit.asgi import LambdaApp
        from lambdakit.coldstart import {moment}

        async def app(scope, receive, send):
            await receive()
            print("started")
            await send({{"type": "lifespan.startup.complete"}})
            await receive()

        {moment}(lambda: print("{moment}"))
        handler = LambdaApp(app, lifespan="on", sources={{"direct": lambda event, context: 1}})
    """
    api = FakeApi({})
    process = start_runtime(api, tmp_path, source, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
    try:
        assert api.is_done.wait(20)
    finally:
        process.kill()
        output, _ = process.communicate(timeout=20)
        api.close()

    assert output.decode().splitlines() == [moment, "started"]


@pytest.mark.parametrize("value", ["0", "-1", "many", ""])
def test_a_concurrency_that_is_no_number_is_refused_in_init_with_what_to_do(tmp_path: Path, value: str) -> None:
    api = FakeApi({})
    process = start_runtime(api, tmp_path, AWS_LAMBDA_MAX_CONCURRENCY=value)
    output, _ = process.communicate(timeout=20)
    api.close()

    [(path, body)] = api.reports
    assert (process.returncode, path) == (1, "init/error")
    assert json.loads(body)["errorType"] == "OptionError"
    assert b"set a number from 1 on" in output


def test_without_a_runtime_api_one_line_says_what_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lambdakit.runtime"], env={}, capture_output=True, text=True, check=False, timeout=20
    )

    assert done.returncode == 1
    assert done.stderr.startswith("lambdakit.runtime: AWS_LAMBDA_RUNTIME_API or the handler is not set. Fix: ")


def test_a_plain_handler_needs_no_event_loop(tmp_path: Path) -> None:
    source = """
        import sys
        def handler(event, context):
            print(*sorted({name.partition(".")[0] for name in sys.modules}))
            return 1
    """
    _, output, _ = run_to_the_end(tmp_path, source)

    loaded = set(output.split())
    unwanted: set[Any] = {"asyncio", "http", "email", "ssl", "uuid", "dataclasses", "inspect", "concurrent"}
    if sys.version_info >= (3, 12):
        # Before, pathlib needed it.
        unwanted.add("urllib")
    assert loaded & unwanted == set()
    assert {"json", "logging", "socket"} <= loaded
