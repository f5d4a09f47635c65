import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.emulator import Environment, Report
from lambdakit.emulator.logs.lines import RecordReader, report_line
from tests.emulator.functions import ANY, configure, invoke


def frame(text: str, kind: int = 3) -> bytes:
    body = text.encode()
    return bytes([0xA5, 0x5A, 0, kind]) + len(body).to_bytes(4, "big") + bytes(8) + body


def read(*pieces: bytes) -> list[str]:
    reader = RecordReader()
    return [record for piece in pieces for record in reader.feed(piece)] + list(reader.finish())


def test_a_line_is_a_record_and_a_frame_is_one_whatever_it_holds() -> None:
    assert read(b"one\n\ntwo\n", frame("a\nb\n"), b"three\n") == ["one", "", "two", "a\nb", "three"]


def test_a_frame_does_not_tear_a_line() -> None:
    assert read(b"begun ", frame("framed"), b"and ended\n") == ["framed", "begun and ended"]


@pytest.mark.parametrize("kind", [0x02, 0x03, 0x0A, 0x0B, 0x0E, 0x0F, 0x12, 0x13, 0x16, 0x17, 0x1A, 0x1B])
def test_every_level_and_format_of_a_frame_is_known(kind: int) -> None:
    assert read(frame("text", kind)) == ["text"]


def test_bytes_that_are_no_text_do_not_stop_the_log() -> None:
    assert read(b"\xff\n\xa5\x5a\x00\x99\n") == [
        "\N{REPLACEMENT CHARACTER}",
        "\N{REPLACEMENT CHARACTER}Z\0\N{REPLACEMENT CHARACTER}",
    ]


def test_half_a_frame_is_shown_when_nothing_more_comes() -> None:
    assert "cut o" in read(frame("cut off")[:-2])[0]


def test_an_endless_line_is_cut() -> None:
    assert [len(record) for record in read(b"x" * 300_000, b"y\n")] == [300_000, 1]


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
_RECORDS = st.lists(st.tuples(st.booleans(), _TEXT), max_size=8)


@given(_RECORDS, st.data())
def test_records_are_the_same_however_the_bytes_are_cut(records: list[tuple[bool, str]], data: st.DataObject) -> None:
    written = b"".join(frame(text) if is_framed else text.encode() + b"\n" for is_framed, text in records)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=6)))
    pieces = [written[start:end] for start, end in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    assert read(*pieces) == [text for _, text in records]


def test_report_lines_look_as_aws_writes_them() -> None:
    warm = Report(request_id="id", duration_ms=1.149, memory_size_mb=128, max_memory_used_mb=67)
    assert report_line(warm) == (
        "REPORT RequestId: id\tDuration: 1.15 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 67 MB\t"
    )
    cold = Report(
        request_id="id", duration_ms=287.13, init_duration_ms=360.98, memory_size_mb=128, max_memory_used_mb=67
    )
    assert report_line(cold) == (
        "REPORT RequestId: id\tDuration: 287.13 ms\tBilled Duration: 649 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 67 MB\tInit Duration: 360.98 ms\t"
    )


def test_the_lines_of_an_invocation_come_in_lambdas_order(tmp_path: Path) -> None:
    source = """
        import logging, os, sys
        print("loading")
        def handler(event, context):
            print("one")
            logging.warning("two\\nlines")
            print("three", file=sys.stderr)
            logging.error("four")
            os.write(1, b"five, unfinished")
    """
    run = invoke(configure(tmp_path, source), ANY, ANY)
    version, cold, warm = run.log[0], run.log[1:10], run.log[10:]
    assert re.fullmatch(
        r"INIT_START Runtime Version: python:3\.\d+\.local\tRuntime Version ARN: arn:aws:lambda:.*", version
    )
    assert cold[0] == "loading"
    for outcome, lines in zip(run.outcomes, (cold[1:], warm), strict=True):
        request_id = outcome.report.request_id
        assert lines[0] == f"START RequestId: {request_id} Version: $LATEST"
        assert re.fullmatch(rf"\[WARNING\]\t\S+Z\t{request_id}\ttwo\nlines", lines[2])
        assert re.fullmatch(rf"\[ERROR\]\t\S+Z\t{request_id}\tfour", lines[4])
        assert (lines[1], lines[3], lines[5]) == ("one", "three", "five, unfinished")
        assert lines[6] == f"END RequestId: {request_id}"
        assert lines[7] == report_line(outcome.report)


def test_an_exception_is_one_record_with_its_traceback(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            raise ValueError("no such order")
    """
    run = invoke(configure(tmp_path, source))
    [record] = run.lines("[ERROR]")
    assert record.startswith("[ERROR] ValueError: no such order\nTraceback (most recent call last):\n")
    assert 'raise ValueError("no such order")' in record


def test_all_of_a_large_output_comes_before_the_report(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            for number in range(20_000):
                print(f"line {number}")
    """
    run = invoke(configure(tmp_path, source, timeout=30))
    assert run.log[2:-2] == [f"line {number}" for number in range(20_000)]


def test_what_children_write_is_logged_too(tmp_path: Path) -> None:
    source = """
        import subprocess
        def handler(event, context):
            subprocess.run(["/bin/sh", "-c", "echo out; echo err >&2"], check=True)
    """
    run = invoke(configure(tmp_path, source))
    assert run.log[2:4] == ["out", "err"]


def test_what_a_thread_writes_between_invocations_is_logged_when_it_comes(tmp_path: Path) -> None:
    source = """
        import threading
        def handler(event, context):
            threading.Timer(0.1, print, ["later"]).start()
    """

    async def call() -> None:
        came = asyncio.Event()

        def log(record: str) -> None:
            if record == "later":
                came.set()

        configuration = configure(tmp_path, source, is_frozen=False)
        async with Environment(configuration, log=log) as environment:
            await environment.invoke(ANY)
            await asyncio.wait_for(came.wait(), timeout=10)

    asyncio.run(call())


def test_the_peak_of_memory_is_reported_and_never_falls(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            return len(bytearray(b"x" * event * 1024 * 1024))
    """
    run = invoke(configure(tmp_path, source, memory=512), b"0", b"100", b"0")
    small, large, afterwards = [outcome.report.max_memory_used_mb for outcome in run.outcomes]
    assert 5 < small < 100 < large == afterwards


def test_the_memory_of_children_counts(tmp_path: Path) -> None:
    source = """
        import subprocess, sys
        def handler(event, context):
            hold = "import time; block = bytearray(b'x' * 100 * 1024 * 1024); time.sleep(0.5)"
            subprocess.run([sys.executable, "-c", hold], check=True)
    """
    [outcome] = invoke(configure(tmp_path, source, memory=512)).outcomes
    assert outcome.report.max_memory_used_mb > 100
