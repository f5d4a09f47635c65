"""Faults of the Runtime API: no event is lost silently, no process dies by a signal, nothing hangs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.runtime.fake_api import FakeApi, Reaction, drop, event, reply, send_raw, start_runtime, trickle

STATUSES = (204, 400, 403, 404, 410, 413, 429, 500, 502, 503)
BROKEN: dict[str, Reaction] = {
    "dropped": drop,
    "garbage": send_raw(b"\x16\x03\x01 no HTTP at all\r\n\r\n"),
    "half a head": send_raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "half a body": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"),
    "half a chunk": send_raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha"),
    "a wrong chunk": send_raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "a wrong length": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
}
BOTH = [("first", "response", ""), ("second", "response", "")]


Run = Callable[..., tuple[int | None, str]]


@pytest.fixture(params=["one at a time", "many at a time"])
def run(request: pytest.FixtureRequest) -> Run:
    """Return what runs a runtime of either kind; it has one slot, so that the order of events is known."""
    variables = {} if request.param == "one at a time" else {"AWS_LAMBDA_MAX_CONCURRENCY": "1"}
    return partial(run_runtime, **variables)


def run_runtime(api: FakeApi, folder: Path, *, finishes: bool = True, **variables: str) -> tuple[int | None, str]:
    """Run the runtime until it has asked for a third event, or has ended by itself; return exit code and log."""
    process = start_runtime(api, folder, **variables)
    try:
        if finishes:
            assert api.is_done.wait(30)
            assert process.poll() is None
            process.terminate()
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        api.close()
    return process.returncode, output.decode()


@pytest.mark.parametrize("name", [*map(str, STATUSES), *BROKEN, "trickled"])
def test_a_next_that_goes_wrong_is_asked_again(run: Run, tmp_path: Path, name: str) -> None:
    fault = trickle(reply(500)) if name == "trickled" else BROKEN.get(name) or reply(int(name))
    api = FakeApi({"next": [fault, fault]})

    code, _ = run(api, tmp_path)

    assert (api.outcomes, code) == (BOTH, 0)


def test_an_event_without_an_id_is_no_event(run: Run, tmp_path: Path) -> None:
    api = FakeApi({"next": [reply(200, b"{}")]})

    assert (run(api, tmp_path)[0], api.outcomes) == (0, BOTH)


@pytest.mark.parametrize("fault", [reply(403), reply(500), drop], ids=["403", "500", "dropped"])
def test_without_events_the_process_ends_and_says_why(run: Run, tmp_path: Path, fault: Reaction) -> None:
    code, log = run(FakeApi({"next": [fault] * 50}), tmp_path, finishes=False)

    assert code == 1
    assert "no event after" in log


@pytest.mark.parametrize("name", ["429", "500", "502", "503", *BROKEN])
def test_a_response_that_is_not_acknowledged_is_posted_again(run: Run, tmp_path: Path, name: str) -> None:
    api = FakeApi({"response": [BROKEN.get(name) or reply(int(name))]})

    assert (run(api, tmp_path)[0], api.outcomes) == (0, BOTH)


@pytest.mark.parametrize(
    ("status", "error_type"),
    [(413, "Function.ResponseSizeTooLarge"), (400, "Runtime.ResponseRejected"), (404, "Runtime.ResponseRejected")],
)
def test_a_response_that_is_refused_becomes_an_error(run: Run, tmp_path: Path, status: int, error_type: str) -> None:
    api = FakeApi({"response": [reply(status)]})

    code, log = run(api, tmp_path)

    assert api.outcomes == [("first", "error", error_type), BOTH[1]]
    assert code == 0
    assert "did not take the response" in log


def test_a_response_too_large_that_became_an_error_by_itself_is_not_called_lost(run: Run, tmp_path: Path) -> None:
    answered = reply(403, b'{"errorType":"InvalidStateTransition"}')
    api = FakeApi({"response": [reply(413)], "error": [answered]})

    code, log = run(api, tmp_path)

    assert code == 0
    assert "did not take the response" in log
    assert "not taken either" not in log


def test_a_response_that_arrived_although_the_connection_broke_is_not_an_error(run: Run, tmp_path: Path) -> None:
    api = FakeApi({})
    reactions: Sequence[Callable[..., None]] = [api.accept_silently]
    api.faults["response"] = list(reactions)

    code, log = run(api, tmp_path)

    assert (api.outcomes, code) == (BOTH, 0)
    assert "did not take" not in log


@pytest.mark.parametrize("fault", [reply(400), reply(500), drop], ids=["400", "500", "dropped"])
def test_an_outcome_that_nobody_takes_is_logged_and_the_next_event_is_served(
    run: Run, tmp_path: Path, fault: Reaction
) -> None:
    api = FakeApi({"response": [fault] * 5, "error": [fault] * 5})

    # The first event stays open, so it is handed out again: nothing is lost.
    code, log = run(api, tmp_path)

    assert code == 0
    assert api.outcomes == BOTH
    assert "did not take the response" in log
    assert "was not taken either" in log


def test_events_come_trickled_too(run: Run, tmp_path: Path) -> None:
    api = FakeApi({})
    api.events = []
    api.faults["next"] = [trickle(event("first"))]
    api.open_id = "first"

    assert (run(api, tmp_path)[0], api.outcomes) == (0, BOTH[:1])


def test_a_stream_that_nobody_takes_becomes_an_error(tmp_path: Path) -> None:
    source = """
        import socket
        class Handler:
            def __call__(self, event, context):
                pass
            async def serve_invocation(self, invocation):
                invocation._address = "127.0.0.1:1"
                await invocation.stream("text/plain")
        handler = Handler()
    """
    api = FakeApi({})
    process = start_runtime(api, tmp_path, source)
    try:
        assert api.is_done.wait(30)
    finally:
        process.kill()
        process.communicate(timeout=20)
        api.close()

    assert api.outcomes == [("first", "error", "ConnectionError"), ("second", "error", "ConnectionError")]
