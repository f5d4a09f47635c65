import asyncio
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import psutil
import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from lambdakit.errors import UserError
from tests.emulator.functions import ANY, Run, configure, has_ended, invoke

CLIENT = f"""#!{sys.executable}
import http.client, json, os, sys, time
sys.stdout.reconfigure(line_buffering=True)
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
identifier = ""
def call(method, path, body=None, **headers):
    if identifier:
        headers["Lambda-Extension-Identifier"] = identifier
    headers = {{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, "/2020-01-01/extension" + path, json.dumps(body) if body else None, headers)
    reply = connection.getresponse()
    text = reply.read()
    return reply, json.loads(text) if text else None
def register(*events):
    global identifier
    reply, _ = call("POST", "/register", {{"events": events}}, Lambda_Extension_Name=os.path.basename(sys.argv[0]))
    identifier = reply.headers["Lambda-Extension-Identifier"]
def next_event():
    return call("GET", "/event/next")[1]
"""
HANDLER = """
    print("function")
    handler = lambda event, context: context.aws_request_id
"""
REPORTING = """
    register("INVOKE")
    call("POST", "/init/error", {}, Lambda_Extension_Function_Error_Type="Extension.NoConfig")
    time.sleep(60)
"""
FAITHFUL = """
    print("begins")
    time.sleep(0.2)
    register("INVOKE", "SHUTDOWN")
    print("registered")
    while True:
        event = next_event()
        print("event", json.dumps(event))
        if event["eventType"] == "SHUTDOWN":
            print("last words")
            sys.exit()
"""


def with_extensions(
    folder: Path, source: str = HANDLER, *, mode: int = 0o755, extensions: dict[str, str], **settings: Any
) -> FunctionConfiguration:
    place = folder / "extensions"
    place.mkdir()
    for name, program in extensions.items():
        (place / name).write_text(CLIENT + textwrap.dedent(program))
        (place / name).chmod(mode)
    return configure(folder, source, extensions=place, **{"timeout": 30, "memory": 512} | settings)


def events(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line.partition(" ")[2]) for line in run.lines("event ")]


def test_an_extension_starts_before_the_runtime_and_hears_of_everything(tmp_path: Path) -> None:
    run = invoke(with_extensions(tmp_path, extensions={"watcher": FAITHFUL}), ANY, ANY)
    first, second = run.results()
    begins, registered, function = (run.log.index(line) for line in ("begins", "registered", "function"))
    assert begins < registered < function
    assert run.lines("EXTENSION") == ["EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"]
    *invocations, end = events(run)
    assert [event["requestId"] for event in invocations] == [first, second]
    assert (end["eventType"], end["shutdownReason"]) == ("SHUTDOWN", "SPINDOWN")
    assert run.log[-1] == "last words"


def test_init_and_invocation_last_until_the_extension_asks_for_what_comes_next(tmp_path: Path) -> None:
    slow = """
        register("INVOKE")
        time.sleep(0.4)
        while next_event():
            time.sleep(0.3)
    """
    [outcome] = invoke(with_extensions(tmp_path, extensions={"slow": slow})).outcomes
    assert outcome.report.init_duration_ms is not None
    assert outcome.report.init_duration_ms > 400
    assert outcome.report.duration_ms > 300


def test_two_extensions_and_the_function_share_tmp_but_not_all_variables(tmp_path: Path) -> None:
    source = """
        import pathlib, tempfile
        handler = lambda event, context: sorted(path.name for path in pathlib.Path(tempfile.gettempdir()).glob("own-*"))
    """
    writing = """
        import pathlib, tempfile
        (pathlib.Path(tempfile.gettempdir()) / ("own-" + os.path.basename(sys.argv[0]))).touch()
        print("variables", json.dumps(sorted(os.environ)))
        register("INVOKE")
        while next_event():
            pass
    """
    configuration = with_extensions(
        tmp_path, source, extensions={"one": writing, "two": writing}, variables={"TABLE": "x"}
    )
    run = invoke(configuration)
    assert run.results() == [["own-one", "own-two"]]
    first, second = (json.loads(line.partition(" ")[2]) for line in run.lines("variables "))
    assert first == second
    assert {"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "TABLE", "PATH"} <= set(first)
    assert not {"_HANDLER", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "_LAMBDA_TELEMETRY_LOG_FD"} & set(first)


@pytest.mark.parametrize(
    ("program", "error_type", "reason"),
    [
        ("sys.exit(3)", "Extension.Crash", "extension bad: it exited with error: exit status 3"),
        ("register('INVOKE'); os.abort()", "Extension.Crash", "extension bad: it exited with error: signal: aborted"),
        (
            REPORTING,
            "Extension.InitError",
            "extension bad: Extension.NoConfig",
        ),
    ],
)
def test_an_extension_that_fails_fails_init(tmp_path: Path, program: str, error_type: str, reason: str) -> None:
    run = invoke(with_extensions(tmp_path, extensions={"bad": program}))
    [outcome], [error] = run.outcomes, run.results()
    assert (outcome.phase, outcome.error_type, error["errorType"]) == ("init", error_type, error_type)
    assert error["errorMessage"] == f"RequestId: {outcome.report.request_id} Error: {reason}"
    assert len(run.lines("INIT_REPORT")) == 2


def test_a_file_that_cannot_be_executed_fails_init(tmp_path: Path) -> None:
    configuration = with_extensions(tmp_path, extensions={"idle": "register('INVOKE')"}, mode=0o644)
    [outcome] = invoke(configuration).outcomes
    assert (outcome.phase, outcome.error_type) == ("init", "Extension.LaunchError")
    assert b"extension idle: permission denied: chmod +x " in outcome.payload


def test_an_extension_that_never_registers_lets_init_time_out_before_the_function_starts(tmp_path: Path) -> None:
    run = invoke(with_extensions(tmp_path, extensions={"mute": "time.sleep(60)"}, init_timeout=1, timeout=1))
    assert run.outcomes[0].error_type == "Sandbox.Timedout"
    assert "function" not in run.log


@pytest.mark.parametrize(
    ("ending", "error_type"),
    [
        ("os._exit(5)", "Extension.Crash"),
        (
            "call('POST', '/exit/error', {}, Lambda_Extension_Function_Error_Type='Extension.Gone')\ntime.sleep(60)",
            "Extension.ExitError",
        ),
    ],
)
def test_an_extension_that_fails_in_an_invocation_ends_the_environment(
    tmp_path: Path, ending: str, error_type: str
) -> None:
    program = "register('INVOKE')\nnext_event()\nnext_event()\n" + ending
    run = invoke(with_extensions(tmp_path, extensions={"frail": program}), ANY, ANY, ANY)
    good, bad, again = run.outcomes
    # The function had answered, or not: what it posted stands.
    assert (good.report.status, bad.report.status, again.report.status) == ("success", "error", "success")
    assert (bad.report.error_type, again.report.is_cold) == (error_type, True)


def test_the_memory_of_an_extension_counts(tmp_path: Path) -> None:
    greedy = """
        register("INVOKE")
        next_event()
        block = b"x" * 300 * 1024 * 1024
        time.sleep(60)
    """
    [outcome] = invoke(with_extensions(tmp_path, extensions={"greedy": greedy}, memory=200)).outcomes
    assert (outcome.report.status, outcome.report.error_type) == ("error", "Runtime.OutOfMemory")


def test_a_time_out_is_told_to_the_extension(tmp_path: Path) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(60)"
    run = invoke(with_extensions(tmp_path, source, extensions={"watcher": FAITHFUL}, timeout=1))
    assert run.outcomes[0].error_type == "Sandbox.Timedout"
    assert events(run)[-1]["shutdownReason"] == "TIMEOUT"


def test_an_extension_that_does_not_end_is_killed_after_two_seconds(tmp_path: Path) -> None:
    stubborn = """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        register("SHUTDOWN")
        print("process", os.getpid())
        next_event()
        print("told")
        time.sleep(60)
    """
    run = invoke(with_extensions(tmp_path, extensions={"stubborn": stubborn}))
    assert "told" in run.log
    assert has_ended(int(run.lines("process ")[0].split()[1]))


def test_an_extension_is_frozen_with_its_environment(tmp_path: Path) -> None:
    counting = """
        import threading
        register("INVOKE")
        print("process", os.getpid())
        while next_event():
            pass
    """
    log: list[str] = []

    async def call() -> None:
        async with Environment(with_extensions(tmp_path, extensions={"c": counting}), log=log.append) as environment:
            await environment.invoke(ANY)
            [number] = [int(line.split()[1]) for line in log if line.startswith("process ")]
            async with asyncio.timeout(10):
                while psutil.Process(number).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 (another process)
                    await asyncio.sleep(0.01)
            assert (await environment.invoke(ANY)).error_type is None

    asyncio.run(call())


def test_a_folder_of_extensions_has_to_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"folder of extensions .* does not exist"):
        configure(tmp_path, "", extensions=tmp_path / "nowhere")
    with pytest.raises(UserError, match="no extensions run beside an environment that is restored"):
        configure(tmp_path, "", extensions=tmp_path, snapstart=True)


KILLED = """
import asyncio, pathlib, sys
from lambdakit.emulator import Environment, FunctionConfiguration

async def call():
    folder = pathlib.Path(sys.argv[1])
    configuration = FunctionConfiguration(
        handler="app.handler", task_root=folder / "task", extensions=folder / "extensions", memory=512, timeout=30
    )
    async with Environment(configuration, log=lambda line: print(line, flush=True)) as environment:
        await environment.invoke(b"0")
        print("frozen", flush=True)
        await asyncio.sleep(600)

asyncio.run(call())
"""


def test_no_extension_outlives_an_emulator_that_is_killed(tmp_path: Path) -> None:
    program = """
        register("INVOKE")
        print("process", os.getpid())
        while next_event():
            pass
    """
    with_extensions(tmp_path, "handler = lambda *_: None", extensions={"one": program, "two": program})
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        lines = list(iter(emulator.stdout.readline, "frozen\n"))
        emulator.kill()
    numbers = [int(line.split()[1]) for line in lines if line.startswith("process ")]
    assert len(numbers) == 2
    assert all(map(has_ended, numbers))
