import asyncio
import os
import sys
from pathlib import Path

import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from tests.emulator.functions import ANY, configure, invoke

CAN_TELL = (
    sys.platform == "linux" and os.uname().machine in {"x86_64", "aarch64"} and Path("/proc/self/syscall").exists()
)
needs_system_calls = pytest.mark.skipif(not CAN_TELL, reason="this system does not tell what a thread waits in")

STARTING = """
    import asyncio, queue, socket, threading, time
    from concurrent.futures import ThreadPoolExecutor
    kept = []
    def burn():
        while True:
            pass
    def tick():
        while True:
            time.sleep(0.01)
    def run_loop(delay=None):
        loop = asyncio.new_event_loop()
        if delay:
            loop.call_later(delay, print)
        loop.run_forever()
    def receive(seconds):
        pair = socket.socketpair()
        kept.append(pair)
        pair[0].settimeout(seconds)
        pair[0].recv(1)
    def start(target, *arguments):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    def use_pool():
        pool = ThreadPoolExecutor(3)
        kept.append(pool)
        kept.append(list(pool.map(lambda _: sum(range(300_000)), range(9))))
    def begin():
        {statement}
        time.sleep(0.2)
    def handler(event, context):
        if not kept:
            kept.append("begun")
            begin()
"""


def notes(
    configuration: FunctionConfiguration, *, payload: bytes = ANY, count: int = 1, pause: float = 0.0
) -> list[str]:
    """Return what is said of work that stands still, after some invocations with a pause between them."""
    log: list[str] = []

    async def call() -> None:
        async with Environment(configuration, log=log.append) as environment:
            for _ in range(count):
                assert (await environment.invoke(payload)).error_type is None
                await environment.pause(pause)

    asyncio.run(call())
    return [line for line in log if "until the next invocation" in line]


@needs_system_calls
@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
@pytest.mark.parametrize(
    ("statement", "activity"),
    [
        ("start(tick)", "1 sleeping"),
        ("start(threading.Event().wait, 100)", "1 waiting with a time limit"),
        ("start(lambda: queue.Queue().get(timeout=50))", "1 waiting with a time limit"),
        ("start(threading.Timer(100, print).run)", "1 waiting with a time limit"),
        ("start(run_loop, 100)", "1 running a loop with timers"),
        ("start(tick); start(tick); start(run_loop, 100)", "1 running a loop with timers, 2 sleeping"),
    ],
)
def test_threads_that_have_something_to_do_are_noted_after_one_invocation(
    tmp_path: Path, statement: str, activity: str, runtime: str
) -> None:
    configuration = configure(tmp_path, STARTING.replace("{statement}", statement), timeout=60, runtime=runtime)
    [note] = notes(configuration)
    assert note == (
        f"lambdakit: threads of the function ({activity}) stand still with it until the next invocation; "
        "what they do would not run on Lambda meanwhile. "
        "Fix: let them finish before the handler returns, or hand the work to a queue"
    )


@needs_system_calls
def test_a_thread_that_computes_is_noted(tmp_path: Path) -> None:
    # A single look could see one that is about to wait.
    configuration = configure(tmp_path, STARTING.replace("{statement}", "start(burn)"), timeout=60, memory=1769)
    [note] = notes(configuration, count=12, pause=0.1)
    assert "(1 computing)" in note


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
@pytest.mark.parametrize(
    "statement",
    [
        "pass",
        "start(threading.Event().wait)",
        "start(queue.Queue().get)",
        "start(queue.SimpleQueue().get)",
        "start(run_loop)",
        "start(receive, None)",
        "start(receive, 30)",
        "use_pool()",
    ],
)
def test_threads_that_wait_for_work_are_not_noted(tmp_path: Path, statement: str, runtime: str) -> None:
    configuration = configure(tmp_path, STARTING.replace("{statement}", statement), timeout=60, runtime=runtime)
    assert notes(configuration, count=5, pause=0.05) == []


APP = """
    import asyncio
    from lambdakit.asgi import LambdaApp
    from fastapi import FastAPI
    app = FastAPI()
    tasks = []
    async def work():
        await asyncio.sleep(0.2)
    @app.get("/sync")
    def show() -> int:
        return sum(range(100_000))
    @app.get("/task")
    async def start() -> int:
        tasks.append(asyncio.create_task(work()))
        return 0
    serve = LambdaApp(app)
    def handler(path, context):
        answer = serve({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": {},
            "requestContext": {
                "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
                "domainName": "x.lambda-url.us-east-1.on.aws", "stage": "$default", "timeEpoch": 1,
            },
            "isBase64Encoded": False,
        }, context)
        assert answer["statusCode"] == 200, answer
"""


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_the_threads_of_an_app_are_not_noted(tmp_path: Path, runtime: str) -> None:
    configuration = configure(tmp_path, APP, timeout=60, memory=1769, runtime=runtime)
    assert notes(configuration, payload=b'"/sync"', count=30, pause=0.03) == []


def test_a_task_that_a_request_leaves_behind_is_noted_by_the_adapter_where_nothing_waits_for_it(tmp_path: Path) -> None:
    configuration = configure(tmp_path, APP, timeout=60, memory=1769)
    [line] = [line for line in invoke(configuration, b'"/task"', b'"/task"').log if "left tasks behind" in line]
    assert "a request has left tasks behind (work)" in line


@needs_system_calls
def test_an_environment_is_noted_once_and_not_when_it_is_never_frozen(tmp_path: Path) -> None:
    source = STARTING.replace("{statement}", "start(tick)")
    assert len(notes(configure(tmp_path, source), count=4, pause=0.1)) == 1
    assert notes(configure(tmp_path, source, is_frozen=False), count=2, pause=0.1) == []


def test_children_that_have_not_ended_are_warned_of_once(tmp_path: Path) -> None:
    source = """
        import subprocess, sys
        def handler(event, context):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            if not event:
                child.kill()
                child.wait()
    """
    run = invoke(configure(tmp_path, source, timeout=60), b"0", b"1", b"1")
    [note] = [each for each in run.notes if "child process" in each]
    assert note == (
        "lambdakit: child processes of the function (1) stand still with it until the next invocation; "
        "what they do would not run on Lambda meanwhile. "
        "Fix: let them end before the handler returns, or hand the work to a queue"
    )
