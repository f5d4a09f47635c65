import pytest

from lambdakit.emulator.logs.journal import Journal, Record


def write(*messages: str, running: tuple[str, ...] = ("id-1",), is_platform: bool = False) -> list[Record]:
    kept: list[Record] = []
    lines: list[str] = []
    journal = Journal("api", lines.append, kept.append)
    journal.stream = "stream"
    for request_id in running:
        journal.begin(request_id)
    for message in messages:
        (journal.write_platform if is_platform else journal.write_function)(message)
    assert lines == list(messages)
    assert {(each.function, each.stream) for each in kept} == {("api", "stream")}
    return kept


@pytest.mark.parametrize(
    ("message", "level"),
    [
        ("printed", "INFO"),
        ("[WARNING]\t2026-01-01T00:00:00.000Z\tid-1\tcareful", "WARN"),
        ("[CRITICAL] late", "FATAL"),
        ("[SHOUTED] no level", "INFO"),
        ('{"level": "debug", "message": "x"}', "DEBUG"),
        ('{"level": 5}', "INFO"),
        ("{no JSON", "INFO"),
        ("{" + '"a":{' * 100_000, "INFO"),
    ],
)
def test_a_record_of_the_function_has_the_level_that_it_names(message: str, level: str) -> None:
    [record] = write(message)
    assert (record.level, record.origin, record.request_id) == (level, "function", "id-1")


def test_a_platform_record_of_a_failure_is_an_error() -> None:
    messages = ["REPORT RequestId: id-1\tStatus: timeout", "lambdakit: a note", "END RequestId: id-1"]
    assert [each.level for each in write(*messages, is_platform=True)] == ["ERROR", "WARN", "INFO"]


def test_invocations_at_a_time_have_the_records_that_name_them() -> None:
    messages = ["nobody's", "for id-2", '{"requestId": "id-1"}', '{"requestId": 5}']
    records = write(*messages, running=("id-1", "id-2"))
    assert [each.request_id for each in records] == [None, "id-2", "id-1", None]


def test_outside_an_invocation_a_record_has_no_request_id() -> None:
    [record] = write("init", running=())
    assert record.request_id is None
