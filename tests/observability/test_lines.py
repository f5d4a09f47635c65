import json
import logging
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unicodedata import category

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.observability.fields import complete
from lambdakit.observability.lines import LineFormatter, SafeSerializer, read_json
from lambdakit.observability.output import Output
from lambdakit.observability.powertools import make_formatter
from lambdakit.observability.redaction import Redactor

KEYS: dict[str, Any] = {"service": "shop", "sampling_rate": None}
LONGEST_RECORD = 262_144
SERIALIZE = SafeSerializer(Redactor())
OURS = LineFormatter(SERIALIZE, KEYS)
THEIRS = make_formatter(SERIALIZE, KEYS)
PLAIN = LambdaPowertoolsFormatter(service="shop", use_rfc3339=True)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=9)
VALUES = st.recursive(
    SCALARS | st.decimals() | st.datetimes() | st.frozensets(st.integers()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name not in vars(logging.makeLogRecord({})))
MESSAGES = VALUES | st.sampled_from(['{"a": 1}', "[1, 2]", "12", "NaN", "null", '"text"', "{", "[" * 20_000])


def make_error(notes: list[str], message: str) -> Any:
    try:
        int(message)
        raise KeyError(message) from OSError("cause")  # noqa: TRY301 (a traceback is what is wanted)
    except KeyError:
        return sys.exc_info()
    except ValueError as error:
        for note in notes:
            error.add_note(note)
        return sys.exc_info()


ERRORS = st.builds(make_error, st.lists(st.text(), max_size=2), st.text())


def make_record(level: int, message: Any, extra: dict[str, Any], error: Any, created: float) -> logging.LogRecord:
    fields = {"levelno": level, "levelname": f"L{level}", "funcName": "place_order", "lineno": 42, "exc_info": error}
    return logging.makeLogRecord({**fields, "msg": message, "created": created, "msecs": created % 1 * 1000, **extra})


RECORDS = st.builds(
    make_record,
    st.sampled_from([10, 20, 30, 40, 50, 15]),
    MESSAGES,
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.none() | ERRORS | st.just((None, None, None)),
    st.floats(0, 4e9),
)


@given(record=RECORDS)
def test_the_standard_librarys_line_is_powertools_line_byte_for_byte(record: logging.LogRecord) -> None:
    assert OURS.format(record) == THEIRS.format(record)


@given(
    message=st.text(st.characters(min_codepoint=32, max_codepoint=0x7E)), number=st.integers(), other=st.floats(0, 1)
)
def test_a_line_without_secrets_is_what_powertools_writes_by_itself(message: str, number: int, other: float) -> None:
    extra = {"number": number, "other": other, "when": datetime(2026, 1, 1, tzinfo=UTC), "price": Decimal("4.50")}
    record = logging.makeLogRecord({"msg": "say %r", "args": (message,), "levelname": "INFO", "funcName": "f", **extra})
    assert OURS.format(record) == PLAIN.format(record) or "***" in OURS.format(record)


def test_arguments_are_put_into_the_message_by_both() -> None:
    record = logging.makeLogRecord({"msg": "%s of %d", "args": ("one", 2), "levelname": "INFO", "funcName": "f"})
    assert json.loads(OURS.format(record))["message"] == "one of 2"
    assert OURS.format(record) == THEIRS.format(record)


@given(record=RECORDS)
def test_whatever_is_logged_is_one_line_of_json_that_utf_8_can_carry(record: logging.LogRecord) -> None:
    line = OURS.format(complete(record))
    content = json.loads(line.encode())
    assert {category(each) for each in line} & {"Cc", "Cs", "Zl", "Zp"} == set()
    assert line.splitlines() == [line]
    assert {"level", "location", "timestamp", "service"} <= set(content)


@pytest.mark.parametrize(
    "text",
    [
        'x\n{"level":"ERROR","message":"forged"}',
        "\x1b[2Jforged",
        "a\u2028b\u2029c\x85d\x0be\x0cf",
        "\ud800 alone",
        "nul \0 nul",
        "\u202eoverride",
        '"},{"level":"ERROR"',
    ],
)
def test_hostile_text_stays_inside_of_its_line(text: str) -> None:
    record = logging.makeLogRecord({"msg": text, "levelname": "INFO", "funcName": "f", "who": text, text: 1})
    line = OURS.format(record)
    assert line.splitlines() == [line]
    assert line.encode().isascii()
    content = json.loads(line)
    assert (content["level"], content["message"], content["who"]) == ("INFO", text, text)


def test_a_line_is_never_so_long_that_lambda_would_cut_it() -> None:
    extra = {f"member{number}": "\0" * 100_000 for number in range(40)} | {"n" * 100_000: 1}
    record = logging.makeLogRecord({"msg": "é" * 1_000_000, "levelname": "INFO", "funcName": "f", **extra})
    line = OURS.format(record)
    assert len(line.encode()) < LONGEST_RECORD
    assert json.loads(line)["level"] == "INFO"


def test_a_long_message_is_cut_and_says_so() -> None:
    record = logging.makeLogRecord({"msg": "word " * 100_000, "levelname": "INFO", "funcName": "f"})
    message = json.loads(OURS.format(record))["message"]
    assert message.startswith("word word")
    assert message.endswith(" more characters>")


def test_json_too_deep_to_read_stays_text() -> None:
    with pytest.raises(ValueError, match="nests too deep"):
        read_json("[" * 100_000)


class Broken:
    def __str__(self) -> str:
        raise OSError("gone")

    __repr__ = __str__


@pytest.mark.parametrize(
    "fields",
    [
        {"msg": "%d apples", "args": ("many",)},
        {"msg": "%s %s", "args": ("one",)},
        {"msg": Broken()},
        {"msg": "%s", "args": (Broken(),)},
        {"msg": "x", "extra": Broken()},
        {"msg": {"key": {Broken(): 1}}},
        {"msg": "x", "exc_info": (ValueError, ValueError(Broken()), None)},
        {"msg": "x", "exc_info": (Broken, Broken(), None)},
    ],
)
def test_a_record_that_cannot_be_formatted_gets_a_line_all_the_same(fields: dict[str, Any]) -> None:
    record = logging.makeLogRecord({"levelname": "INFO", "levelno": 20, "funcName": "f", **fields})
    for inner in (OURS, THEIRS):
        content = json.loads(Output(inner, SERIALIZE).format(record))
        assert content["level"] == "INFO"
        assert content["message"]


def test_where_nothing_can_be_written_that_is_a_line() -> None:
    def refuse(_: dict[str, Any]) -> str:
        raise OSError

    output = Output(LineFormatter(refuse), refuse)
    line = json.loads(output.format(logging.makeLogRecord({"msg": "x", "levelno": 20})))
    assert line == {"level": "ERROR", "message": "a record could not be written: OSError"}
