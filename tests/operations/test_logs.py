import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.emulator import Record
from lambdakit.observability.redaction import Redactor
from lambdakit.operations.logs import Gatherer, LogKeeper, LogReader, Selection, log_folder

EVERYTHING = Selection()


def record(message: str, **fields: Any) -> Record:
    defaults: dict[str, Any] = {
        "function": "api",
        "stream": "2026/01/01/[$LATEST]0",
        "request_id": "1234-5678",
        "level": "INFO",
        "origin": "function",
    }
    return Record(message=message, **defaults | fields)


def keep(folder: Path, *records: Record, largest: int = 1_000_000) -> None:
    complaints: list[str] = []
    keeper = LogKeeper(folder, complaints.append, largest=largest)
    for each in records:
        keeper.keep(each)
    assert complaints == []


def test_a_kept_record_is_read_again(tmp_path: Path) -> None:
    kept = record("line\nline \u2028 \x1b[31m ä")
    keep(tmp_path / "new" / "logs", kept)
    assert LogReader(tmp_path / "new" / "logs", EVERYTHING).look() == [kept]


def test_what_is_kept_stays_out_of_git(tmp_path: Path) -> None:
    keep(log_folder(tmp_path), record("tea"))
    ignored = tmp_path / ".toolkit/.gitignore"
    assert ignored.read_text() == "*\n"

    ignored.write_text("queues.sqlite\n")
    keep(log_folder(tmp_path), record("towel"))
    assert ignored.read_text() == "queues.sqlite\n"


def test_a_folder_of_somebody_else_is_told_nothing(tmp_path: Path) -> None:
    keep(tmp_path / "logs", record("tea"))
    assert [each.name for each in tmp_path.iterdir()] == ["logs"]


@given(message=st.text())
def test_whatever_a_message_holds_it_is_one_line(tmp_path_factory: pytest.TempPathFactory, message: str) -> None:
    folder = tmp_path_factory.mktemp("logs")
    keep(folder, record(message))
    [line] = (folder / "api.jsonl").read_bytes().splitlines()
    assert json.loads(line)["message"] == Redactor().redact_record(message)


def test_secrets_are_not_kept(tmp_path: Path) -> None:
    keeper = LogKeeper(tmp_path, print, variables={"STRIPE_KEY_SECRET": "sk_canary_1"})
    for message in ("password=canary", "it was sk_canary_1", '{"level":"INFO","token":"canary","order":1}'):
        keeper.keep(record(message))
    assert [each.message for each in LogReader(tmp_path, EVERYTHING).look()] == [
        *("password=***", "it was ***", '{"level":"INFO","token":"***","order":1}'),
    ]


def test_records_of_all_functions_come_in_the_order_of_time(tmp_path: Path) -> None:
    times = [f"2026-01-01T00:00:0{second}.000Z" for second in range(4)]
    keep(tmp_path, *(record(time, time=time, function="ab"[index % 2]) for index, time in enumerate(times)))
    reader = LogReader(tmp_path, EVERYTHING)
    assert [each.message for each in reader.look()] == times
    assert reader.functions() == ["a", "b"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(function="worker"), ["worker"]),
        (Selection(request_id="abcd"), ["request"]),
        (Selection(level="WARN"), ["warning", "error"]),
        (Selection(since=datetime.now(UTC) - timedelta(minutes=1)), ["worker", "request", "warning", "error"]),
    ],
)
def test_a_selection_leaves_all_others_out(tmp_path: Path, selection: Selection, expected: list[str]) -> None:
    keep(
        tmp_path,
        record("old", time="2020-01-01T00:00:00.000Z"),
        record("worker", function="worker"),
        record("request", request_id="abcdef"),
        record("warning", level="WARN"),
        record("error", level="ERROR", request_id=None),
    )
    assert {each.message for each in LogReader(tmp_path, selection).look()} == set(expected)


def test_each_look_brings_what_is_new_across_a_rotation(tmp_path: Path) -> None:
    reader = LogReader(tmp_path, EVERYTHING)
    found: list[str] = []
    for number in range(40):
        keep(tmp_path, record(str(number), time=f"2026-01-01T00:00:{number:02}.000Z"), largest=1000)
        found += [each.message for each in reader.look()]
    assert found == [str(number) for number in range(40)]


def test_a_log_does_not_grow_without_end(tmp_path: Path) -> None:
    keep(tmp_path, *(record(f"{number:05}") for number in range(200)), largest=1000)
    files = list(tmp_path.glob("*.jsonl"))
    assert len(files) == 4
    assert all(path.stat().st_size <= 1000 for path in files)
    assert LogReader(tmp_path, EVERYTHING).look()[-1].message == "00199"


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    keep(tmp_path, record("whole"))
    path = tmp_path / "api.jsonl"
    line = path.read_bytes()
    path.write_bytes(line + line[:20])
    reader = LogReader(tmp_path, EVERYTHING)
    assert len(reader.look()) == 1
    path.write_bytes(line + line)
    assert len(reader.look()) == 1
    assert reader.look() == []


def test_lines_that_are_no_records_are_passed_over(tmp_path: Path) -> None:
    keep(tmp_path, record("good"))
    with (tmp_path / "api.jsonl").open("a") as file:
        file.write('no JSON\n[]\n{"message": "half"}\n')
    assert [each.message for each in LogReader(tmp_path, EVERYTHING).look()] == ["good"]


def test_a_folder_that_cannot_be_written_is_said_once_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    complaints: list[str] = []
    keeper = LogKeeper(tmp_path / "logs", complaints.append)
    keeper.keep(record("one"))
    keeper.keep(record("two"))
    assert complaints == [f"note: the log is not kept: File exists ({tmp_path / 'logs'})"]


def test_gathered_records_are_kept_in_order_and_all_of_them_at_the_end(tmp_path: Path) -> None:
    complaints: list[str] = []
    messages = [str(number) for number in range(2500)]
    with Gatherer(LogKeeper(tmp_path, complaints.append).keep_all) as gatherer:
        for message in messages:
            gatherer.keep(record(message))
    assert [each.message for each in LogReader(tmp_path, EVERYTHING).look()] == messages
    assert complaints == []


WRITER = """
import sys
from pathlib import Path
from lambdakit.emulator import Record
from lambdakit.operations.logs import LogKeeper
keeper = LogKeeper(Path(sys.argv[1]), print, largest=40_000)
for number in range(200):
    message = f"{sys.argv[2]}-{number} " + "x" * 50
    keeper.keep(Record(function="api", stream="", request_id=None, level="INFO", origin="function", message=message))
"""


def test_processes_side_by_side_lose_no_line(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number)]) for number in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    messages = [each.message.split()[0] for each in LogReader(tmp_path, EVERYTHING).look()]
    assert sorted(messages) == sorted(f"{writer}-{number}" for writer in range(3) for number in range(200))
