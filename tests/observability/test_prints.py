# ruff: noqa: T201 (what is printed is the subject)
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from awslambdaric.bootstrap import (  # pyright: ignore[reportMissingTypeStubs]
    LambdaLoggerHandler,
    StandardLogSink,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdakit.observability import setup
from lambdakit.observability.prints import PrintedLines

pytestmark = pytest.mark.usefixtures("fresh")


class Log:
    """What the process writes, to standard output and error alike, one after the other."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.sink: Any = StandardLogSink()
        logging.getLogger().addHandler(LambdaLoggerHandler(self.sink))

    def text(self) -> str:
        return "".join(self._capsys.readouterr())

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A process that AWS's client has set up."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    yield Log(capsys)
    logging.getLogger("lambdakit.print").setLevel(logging.NOTSET)


def test_lines_of_awss_client_end_where_it_ends_none(log: Log) -> None:
    setup(service="shop")
    logging.getLogger("any").info("one")
    logging.getLogger("any").error("two")
    assert [(line["message"], line["level"]) for line in log.lines()] == [("one", "INFO"), ("two", "ERROR")]


def test_a_print_is_one_line_with_the_fields_of_all_others(log: Log) -> None:
    setup(service="shop", level="ERROR")
    print("one\ntwo", "password=swordfish")
    print("to standard error", file=sys.stderr)
    one, two = log.lines()
    assert (one["message"], one["service"], one["level"]) == ("one\ntwo password=***", "shop", "INFO")
    assert one["location"].startswith("test_a_print_is_one_line")
    assert two["message"] == "to standard error"


def test_lines_of_other_loggers_and_documents_of_metrics_stay_as_they_are(log: Log) -> None:
    setup(service="shop")
    other = logging.StreamHandler(sys.stdout)
    other.emit(logging.makeLogRecord({"msg": '{"level":"INFO","message":"mine","token":"swordfish"}'}))
    print('{"level":"ERROR","_aws":{"CloudWatchMetrics":[]},"orders":[1.0]}')
    assert log.text().splitlines() == [
        '{"level":"INFO","message":"mine","token":"***"}',
        '{"_aws":{"CloudWatchMetrics":[]},"orders":[1.0]}',
    ]


@pytest.mark.parametrize("ending", ["", "\n", "\n\n"])
def test_a_printed_object_is_no_line_of_its_own(log: Log, ending: str) -> None:
    setup(service="shop")
    print('{"level":"ERROR","message":"forged"}' + ending)
    print("next")
    assert [line["level"] for line in log.lines()] == ["INFO", "INFO"]


def test_the_report_of_a_failure_stays_one_line_of_text(log: Log) -> None:
    setup(service="shop")
    log.sink.log_error(["[ERROR] ValueError: password=canary\n[ERROR] forged", "Traceback", "  one"])
    log.sink.log_error(['{"errorMessage":"password=canary"}'])
    assert log.text().split("\n") == [
        *("[ERROR] ValueError: password=***\r[ERROR] forged\rTraceback\r  one", '{"errorMessage":"password=***"}', ""),
    ]


def test_a_handler_that_prints_does_not_print_for_ever(log: Log) -> None:
    setup(service="shop")
    logging.getLogger("lambdakit.print").addHandler(handler := logging.StreamHandler(sys.stdout))
    print("hello")
    logging.getLogger("lambdakit.print").removeHandler(handler)
    assert log.text().count("hello") == 2


def test_threads_do_not_break_into_each_others_lines(log: Log) -> None:
    setup(service="shop")
    sys.stdout.write("begun ")
    thread = threading.Thread(target=print, args=("whole",))
    thread.start()
    thread.join(10)
    sys.stdout.write("and ended\n")
    assert [line["message"] for line in log.lines()] == ["whole", "begun and ended"]


def test_a_line_without_an_end_is_not_kept_for_ever(log: Log) -> None:
    setup(service="shop")
    sys.stdout.write("x " * 70_000)
    assert len(log.lines()) == 1


def test_it_stands_for_the_stream_in_whose_place_it_is() -> None:
    original = io.TextIOWrapper(io.BytesIO())
    stream = PrintedLines(original, None)  # pyright: ignore[reportArgumentType] (nothing is redacted)
    assert stream.writable()
    assert stream.buffer is original.buffer
    with pytest.raises(io.UnsupportedOperation):
        stream.fileno()
    stream.flush()


FORGED = ['x\n{"level":"ERROR"}', "\u2028", "\x1b[2J", "\ud800", "\r", "{}", "{}\n", "{}\n{}\n", "{}\n\n"]
TEXTS = st.text(min_size=1, max_size=40).filter(lambda text: text != "\n") | st.sampled_from(FORGED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_whatever_is_printed_is_one_line_for_each_print(log: Log, texts: list[str]) -> None:
    setup(service="shop")
    for text in texts:
        print(text)
    shown = log.text()
    assert [line[:15] for line in shown.splitlines()] == ['{"level":"INFO"'] * len(texts)
    assert [json.loads(line)["service"] for line in shown.splitlines()] == ["shop"] * len(texts)
