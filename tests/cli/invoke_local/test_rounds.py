import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from lambdakit.cli.durations import parse_duration
from lambdakit.emulator import Report
from lambdakit.errors import OptionError
from lambdakit.operations.functions.cost import cost_line, price_million
from tests.cli.commands import invoke_local

APP = """
count = 0


async def app(scope, receive, send):
    assert scope["type"] == "http"
    global count
    count += 1
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(count).encode()})
"""


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    (tmp_path / "counter.py").write_text(APP)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "body", "inits"),
    [
        (["--repeat", "3"], b"3", 1),
        (["--repeat", "3", "--cold"], b"1", 3),
        (["--repeat", "2", "--freeze", "200ms"], b"2", 1),
        (["--concurrency", "2"], b"1", 2),
    ],
)
def test_environments_start_as_often_as_the_options_ask(
    counter: Path, options: Sequence[str], body: bytes, inits: int
) -> None:
    done = invoke_local(counter, "counter:app", "GET", "/", *options)
    assert (done.code, done.stdout) == (0, body)
    assert done.stderr.count("INIT_START ") == inits
    assert done.stderr.count("\ncold: ") == 1
    assert done.stderr.count("\nwarm: ") == (inits == 1)


@pytest.mark.parametrize(("runtime", "notes"), [("awslambdaric", 0), ("lambdakit", 1)])
def test_with_a_snapshot_environments_are_restored_and_init_runs_once(counter: Path, runtime: str, notes: int) -> None:
    options = ["--repeat", "3", "--cold", "--snapstart", "--runtime", runtime]
    done = invoke_local(counter, "counter:app", "GET", "/", *options)
    assert (done.code, done.stdout) == (0, b"1")
    assert [done.stderr.count(each) for each in ("INIT_START ", "RESTORE_START ", "RESTORE_REPORT ")] == [1, 3, 3]
    assert re.search(r"\ncold: \S+ ms and restore \S+ ms, the slowest of 3 ", done.stderr)
    assert "hooks of the restore included, the snapshot's own price not" in done.stderr
    assert done.stderr.count("note: whether SnapStart has run on AWS with the runtime lambdakit") == notes


def test_a_mistake_in_init_is_one_line_with_a_snapshot_too(counter: Path) -> None:
    done = invoke_local(counter, "nothing_of_that_name:app", "GET", "/", "--snapstart")
    [line] = done.messages
    assert done.code == 2
    assert "nothing_of_that_name" in line


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_either_runtime_survives_a_freeze(counter: Path, runtime: str) -> None:
    options = ["--repeat", "3", "--freeze", "100ms", "--runtime", runtime]
    done = invoke_local(counter, "counter:app", "GET", "/", *options)
    assert (done.code, done.stdout) == (0, b"3")


def test_a_function_that_is_declared_as_streaming_runs_on_the_runtime_that_streams(counter: Path) -> None:
    (counter / "pyproject.toml").write_text(
        "[tool.lambdakit.functions.web]\n"
        'handler = "lambdakit.asgi.handler.handler"\n'
        'environment = { LAMBDAKIT_APP = "counter:app" }\n'
        'http = { auth = "none", streaming = true }\n'
    )
    note = "note: the function is declared with streaming = true, so the runtime lambdakit serves it"
    by_itself = invoke_local(counter, "web", "GET", "/")
    as_asked = invoke_local(counter, "web", "GET", "/", "--runtime", "awslambdaric")
    assert (by_itself.stdout, as_asked.stdout) == (b"1", b"1")
    assert [note in run.stderr for run in (by_itself, as_asked)] == [True, False]
    from_a_snapshot = invoke_local(counter, "web", "GET", "/", "--snapstart")
    assert from_a_snapshot.stdout == b"1"
    assert "note: with SnapStart AWS's own client serves the function, which does not stream" in from_a_snapshot.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--freeze", "5"], "'5' is no duration (in --freeze)"),
        (["--freeze", "5s"], "environments are frozen between repeats, and there is one request (in --freeze)"),
        (["--freeze", "5s", "--repeat", "2", "--cold"], "a cold environment is new, so that none was frozen"),
        (
            ["--snapstart", "--debug-port", "5678"],
            "a debugger cannot follow through a snapshot (in function counter-app)",
        ),
        (["--concurrency", "2", "--debug-port", "5678"], "under a debugger nothing is frozen and one environment"),
        (["--concurrency", "0"], "Invalid value for '--concurrency'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(counter: Path, options: Sequence[str], message: str) -> None:
    done = invoke_local(counter, "counter:app", "GET", "/", *options)
    [line] = done.messages
    assert done.code == 2
    assert line.startswith(f"toolkit: {message}")


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("60s", 60), ("1.5m", 90), ("2h", 7200), ("1d", 86_400)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text, "--freeze") == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "1", "1y", "1e3s", "1 s"])
def test_all_else_is_no_duration(text: str) -> None:
    with pytest.raises(OptionError):
        parse_duration(text, "--freeze")


def test_the_cost_of_a_million_requests_follows_the_list_price() -> None:
    report = Report(request_id="", duration_ms=99.5, memory_size_mb=1024, max_memory_used_mb=1)
    assert price_million(report, "arm64") == pytest.approx(0.2 + 1.33334)
    assert price_million(report, "x86_64") == pytest.approx(0.2 + 1.66667)
    assert cost_line(report, "arm64") == "cost: 1.53 USD for a million requests of 100 ms billed at 1024 MB on arm64"
