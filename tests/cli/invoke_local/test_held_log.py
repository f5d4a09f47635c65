from lambdakit.cli.invoke_local.held_log import HeldLog

GOOD_INIT = ["INIT_START Runtime", "hello from the module", "START RequestId: 1", "END RequestId: 1"]
BAD_INIT = ["INIT_START Runtime", "[ERROR] no such module", "INIT_REPORT Status: error", "START RequestId: 1"]


def written_by(lines: list[str], *, release: bool = False) -> list[str]:
    written: list[str] = []
    log = HeldLog(written.append)
    for line in lines:
        log(line)
    if release:
        log.release()
    return written


def test_the_log_of_a_good_init_comes_out_with_its_first_invocation() -> None:
    assert written_by(GOOD_INIT[:3]) == []
    assert written_by(GOOD_INIT) == GOOD_INIT


def test_the_log_of_a_refused_event_is_held_until_it_is_released() -> None:
    refused = [*GOOD_INIT[:3], "[ERROR] MalformedEvent: rawPath is 5\nTraceback", "END RequestId: 1", "REPORT"]

    assert written_by(refused) == []
    assert written_by(refused, release=True) == refused


def test_any_other_error_of_an_invocation_comes_out_at_once() -> None:
    failed = [*GOOD_INIT[:3], "[ERROR] ValueError: no stock\nTraceback"]

    assert written_by(failed) == failed


def test_the_log_of_a_bad_init_is_held_until_it_is_released() -> None:
    assert written_by(BAD_INIT) == []
    assert written_by(BAD_INIT, release=True) == BAD_INIT


def test_a_released_log_passes_every_line_on_at_once() -> None:
    written: list[str] = []
    log = HeldLog(written.append)
    log.release()
    log("INIT_START Runtime")

    assert written == ["INIT_START Runtime"]
    assert log.text == ""


def test_what_is_held_can_be_read() -> None:
    log = HeldLog(print)
    log("one")
    log("two")

    assert log.text == "one\ntwo"


JSON_INIT = ['{"type":"platform.initStart","record":{}}', '{"message": "loading"}']
JSON_START = '{"time":"x","type":"platform.start","record":{"requestId":"1"}}'


def test_the_json_log_of_a_good_init_comes_out_with_its_first_invocation() -> None:
    good = [*JSON_INIT, '{"type":"platform.initReport","record":{"status":"success"}}', JSON_START, "{printed"]

    assert written_by(good[:4]) == []
    assert written_by(good) == good


def test_the_json_log_of_a_mistake_is_held_until_it_is_released() -> None:
    bad_init = [*JSON_INIT, '{"type":"platform.initReport","record":{"status":"error"}}', JSON_START, "{}"]
    refused = [*JSON_INIT, JSON_START, '{"level": "ERROR", "errorType": "MalformedEvent"}', "{}"]

    for held in (bad_init, refused):
        assert written_by(held) == []
        assert written_by(held, release=True) == held
