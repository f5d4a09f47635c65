import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.runtime.logs.streams import RecordStream


class Records:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def log(self, message: str, frame_type: bytes | None = None) -> None:
        self.taken.append(message)

    def messages(self) -> list[Any]:
        return [json.loads(record).get("message") for record in self.taken]


def open_stream(*, is_json: bool = True) -> tuple[RecordStream, Records]:
    records = Records()
    return RecordStream(records, is_json=is_json, name="<stdout>", original=io.StringIO()), records


FORGED = ['{"level":"ERROR"}', '{"level":"ERROR"}\n', '{"a":1}\n{"a":2}\n', "{}\n\n", "x\n{}", "\n{}\n"]


@given(texts=st.lists(st.sampled_from(FORGED) | st.text(min_size=1, max_size=9), min_size=1, max_size=4))
def test_a_print_is_one_record_that_holds_the_text(texts: list[str]) -> None:
    stream, records = open_stream()
    for text in texts:
        print(text, file=stream)
    stream.finish()
    shown = [text.removesuffix("\n") for text in records.messages()]
    assert "\n".join(shown).replace("\n", "") == "".join(texts).replace("\n", "")
    assert {json.loads(record)["level"] for record in records.taken} <= {"INFO"}


@pytest.mark.parametrize("text", FORGED)
def test_a_print_that_is_flushed_is_no_record_of_its_own(text: str) -> None:
    stream, records = open_stream()
    print(text, file=stream, flush=True)
    stream.finish()
    assert {json.loads(record)["level"] for record in records.taken} == {"INFO"}


def test_the_line_of_a_logger_is_a_record_as_it_is() -> None:
    stream, records = open_stream()
    logging.StreamHandler(stream).emit(logging.makeLogRecord({"msg": '{"level":"ERROR"}'}))
    assert records.taken == ['{"level":"ERROR"}']


def test_text_stays_text() -> None:
    stream, records = open_stream(is_json=False)
    print('{"level":"ERROR"}\n', file=stream)
    assert records.taken == ['{"level":"ERROR"}']
