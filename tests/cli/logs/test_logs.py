import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator import Record
from lambdakit.operations.logs import LogKeeper, log_folder
from tests.cli.commands import invoke_local, toolkit

TIME = "2026-01-01T00:00:00.000Z"


def keep(root: Path, message: str, **fields: Any) -> None:
    defaults: dict[str, Any] = {"function": "api", "stream": "s", "request_id": "1234567890"}
    defaults |= {"level": "INFO", "origin": "function"}
    record = Record(message=message, time=TIME, **defaults | fields)
    LogKeeper(log_folder(root), print).keep(record)


def test_what_a_call_logs_can_be_shown_afterwards(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import logging\n"
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    print('printed')\n"
        "    logging.getLogger().error('failed\\nbadly')\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b'ok'})\n"
    )
    called = invoke_local(tmp_path, "shop:app", "GET", "/")
    [report] = [line for line in called.stderr.splitlines() if line.startswith("REPORT RequestId: ")]
    request_id = report.split()[2]

    shown = toolkit(tmp_path, "logs", "shop-app", "--request-id", request_id, "--json")

    records = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (called.code, shown.code) == (0, 0)
    assert records[0]["message"].startswith("START RequestId: ")
    assert records[-1]["message"] == report
    assert {record["request_id"] for record in records} == {request_id}
    assert {(record["origin"], record["level"]) for record in records} >= {("platform", "INFO"), ("function", "ERROR")}
    assert [record["message"] for record in records if record["message"] == "printed"] == ["printed"]
    errors = toolkit(tmp_path, "logs", "--level", "error").stdout.decode().splitlines()
    assert len(errors) == 2
    assert errors[1] == "    badly"


def test_no_message_can_pass_for_another_record(tmp_path: Path) -> None:
    forged = f"{TIME} ERROR api 12345678 forged"
    keep(tmp_path, f"first\n{forged}\r{forged}\x1b[2J")
    lines = toolkit(tmp_path, "logs").stdout.decode().splitlines()
    assert lines == [f"{TIME} INFO  api 12345678 first", f"    {forged}\\x0d{forged}\\x1b[2J"]


STRUCTURED = {
    "level": "INFO",
    "location": "f:1",
    "message": "request",
    "timestamp": TIME,
    "service": "shop",
    "route": "/items",
    "status": 200,
    "cold_start": False,
    "function_request_id": "1234",
    "said": {"a": [1, "\u2028"]},
}


def test_a_structured_line_is_shown_as_its_message_and_its_fields(tmp_path: Path) -> None:
    keep(tmp_path, json.dumps(STRUCTURED))
    keep(tmp_path, json.dumps({"level": "ERROR", "message": {"a": 1}, "cold_start": True, "exception": "one\n  two"}))
    keep(tmp_path, json.dumps({"level": "ERROR", "message": "failed", "stackTrace": ["  one\n", "  two\n"]}))
    keep(tmp_path, '{"time": "now", "type": "platform.start"}')
    keep(tmp_path, "{" * 9)
    lines = [
        line.removeprefix(f"{TIME} INFO  api 12345678 ")
        for line in toolkit(tmp_path, "logs").stdout.decode().splitlines()
    ]
    assert lines == [
        'request route=/items status=200 said={"a": [1, "\\x2028"]}',
        *('{"a": 1} cold_start=true', "    one", "      two"),
        *("failed", "      one", "      two"),
        '{"time": "now", "type": "platform.start"}',
        "{" * 9,
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["apy"], "toolkit: there is no log of 'apy' (in {folder}). Fix: did you mean api?"),
        (["--level", "loud"], "toolkit: 'loud' is no level (in --level). Fix: use trace, debug, info, warn, error or "),
        (["--since", "soon"], "toolkit: 'soon' is no duration (in --since). Fix: write a number and a unit: 250ms, "),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: Sequence[str], message: str) -> None:
    keep(tmp_path, "any")
    done = toolkit(tmp_path, "logs", *arguments)
    [line] = done.stderr.splitlines()
    assert (done.code, done.stdout) == (2, b"")
    assert line.startswith(message.format(folder=log_folder(tmp_path)))


def test_without_any_log_nothing_is_shown(tmp_path: Path) -> None:
    done = toolkit(tmp_path, "logs")
    assert (done.code, done.stdout) == (0, b"")


def test_following_shows_what_comes_until_it_is_interrupted(tmp_path: Path) -> None:
    keep(tmp_path, "before")
    command = [sys.executable, "-m", "lambdakit", "logs", "--follow"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline().endswith(" before\n")
        keep(tmp_path, "after", function="worker")
        assert following.stdout.readline().endswith(" after\n")
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=30) == 130


def test_levels_have_colours_on_a_terminal_alone(tmp_path: Path) -> None:
    keep(tmp_path, "red", level="ERROR")
    reader, writer = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "lambdakit", "logs"]
    subprocess.run(command, cwd=tmp_path, stdout=writer, check=True, timeout=60, env=environment)
    os.close(writer)
    shown = os.read(reader, 1000)
    os.close(reader)
    assert b"\x1b[31mERROR\x1b[0m" in shown
    assert b"\x1b" not in toolkit(tmp_path, "logs").stdout


def test_lambdas_own_json_records_are_shown_by_their_type_and_fields(tmp_path: Path) -> None:
    report = {
        "time": TIME,
        "type": "platform.report",
        "record": {"requestId": "1234567890", "metrics": {"durationMs": 1.5}, "status": "success"},
    }
    note = {"time": TIME, "type": "lambdakit.note", "record": {"message": "mind\nthis"}}
    others: list[dict[str, Any]] = [{"type": "platform.report"}, {"type": 5, "record": {}}, {"type": "", "record": ""}]
    for each in (report, note, *others):
        keep(tmp_path, json.dumps(each), origin="platform")
    # What a function prints must not pass for a record of the platform.
    keep(tmp_path, json.dumps(report))

    first, second, more, *rest = toolkit(tmp_path, "logs").stdout.decode().splitlines()

    assert first == f"{TIME} INFO  api 12345678 platform.report status=success durationMs=1.5"
    assert (second, more) == (f"{TIME} INFO  api 12345678 lambdakit: mind", "    this")
    assert rest == [f"{TIME} INFO  api 12345678 {json.dumps(each)}" for each in (*others, report)]
    written = [json.loads(line)["message"] for line in toolkit(tmp_path, "logs", "--json").stdout.splitlines()]
    assert written == [json.dumps(each) for each in (report, note, *others, report)]
