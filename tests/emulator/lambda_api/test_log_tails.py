import base64

from lambdakit.emulator import Record
from lambdakit.emulator.lambda_api import LogTails


def write(tails: LogTails, request_id: str | None, message: str) -> None:
    tails.record(
        Record(function="shop", stream="", request_id=request_id, level="INFO", origin="function", message=message)
    )


def test_a_tail_holds_what_belongs_to_its_invocation() -> None:
    tails = LogTails()
    write(tails, "a", "one")
    write(tails, "b", "two")
    write(tails, None, "nobody's")
    write(tails, "a", "three")
    assert base64.b64decode(tails.take("a")) == b"one\nthree\n"
    assert tails.take("a") == ""


def test_invocations_that_nobody_asks_about_are_forgotten_in_time() -> None:
    tails = LogTails()
    for number in range(5000):
        write(tails, str(number), "x")
    assert tails.take("0") == ""
    assert base64.b64decode(tails.take("4999")) == b"x\n"
