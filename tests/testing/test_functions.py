"""What a test can do with a function."""

import asyncio
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from lambdakit.errors import MalformedResult, OptionError, Throttled, UnknownEvent, UnknownFunction, UserError
from lambdakit.testing import Events, Functions, LambdaFunction, Origin
from tests.auth.issuers import Issuer, serve
from tests.emulator.functions import has_ended
from tests.testing.functions import write_project

VIAS = ["function-url", "http-api", "rest-api", "alb"]
BOUND = 30.0


def comes_to_a_stop(process: psutil.Process) -> bool:
    """Say whether a process stops within `BOUND` seconds: on a busy machine the signal takes a moment to reach it."""
    deadline = time.monotonic() + BOUND
    while process.status() != psutil.STATUS_STOPPED:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def counter(tmp_path: Path, lambda_function: Functions) -> LambdaFunction:
    return lambda_function("counter", root=write_project(tmp_path))


# --- calls -----------------------------------------------------------------------------------------------------------


def test_a_declared_function_is_invoked_with_any_event(counter: LambdaFunction) -> None:
    result = counter.invoke({"a": 1})

    assert json.loads(result.value["body"])["event"] == {"a": 1}
    assert (result.failed, result.error_type, result.is_cold) == (False, None, True)
    assert result.report.memory_size_mb == 512
    assert counter.invoke(b'{"raw": true}').is_cold is False


def test_a_function_that_fails_is_a_result(tmp_path: Path, lambda_function: Functions) -> None:
    result = lambda_function("functions:fail", root=write_project(tmp_path)).invoke("tea")

    assert (result.failed, result.error_type) == (True, "ValueError")
    assert result.value["errorMessage"] == "no tea"


def test_a_function_that_takes_too_long_is_a_result(tmp_path: Path, lambda_function: Functions) -> None:
    result = lambda_function("functions:wait", root=write_project(tmp_path), timeout=0.2).invoke()

    assert (result.error_type, result.report.status) == ("Sandbox.Timedout", "timeout")
    assert "Task timed out after 0.20 seconds" in result.logs.text


@pytest.mark.parametrize("streams", [False, True])
def test_a_result_is_read_as_the_service_reads_it(
    tmp_path: Path, lambda_function: Functions, lambda_events: Events, *, streams: bool
) -> None:
    root = write_project(tmp_path)
    (root / "go").touch()
    function = lambda_function("functions:stream", root=root, streams=streams)
    status, headers, body = function.invoke(lambda_events.function_url()).response

    assert (status, body) == (200, b"first last")
    assert (b"content-type", b"text/plain") in headers


def test_a_result_that_is_no_response_says_so(tmp_path: Path, lambda_function: Functions) -> None:
    root = write_project(tmp_path)
    counter, worker = lambda_function("counter", root=root), lambda_function("worker", root=root)

    with pytest.raises(UnknownEvent, match="no event source sends"):
        _ = counter.invoke({"a": 1}).response
    with pytest.raises(UnknownEvent, match="sqs sends no HTTP requests"):
        _ = worker.invoke(Events().sqs("{}")).response
    with pytest.raises(MalformedResult):
        _ = worker.invoke(Events().rest_api() | {"Records": []}).response


def test_settings_and_variables_take_the_place_of_declared_ones(tmp_path: Path, lambda_function: Functions) -> None:
    root = write_project(tmp_path)
    result = lambda_function("counter", root=root, environment={"WORD": "towel"}, memory=256).invoke()

    assert json.loads(result.value["body"])["word"] == "towel"
    assert result.report.memory_size_mb == 256


def test_logs_are_told_apart_by_invocation(counter: LambdaFunction) -> None:
    first, second = counter.invoke(), counter.invoke()

    assert first.logs.written.text == "call 1"
    assert counter.logs.during(second.request_id).written.text == "call 2"
    assert [record.message for record in counter.logs.written] == ["call 1", "call 2"]
    assert f"START RequestId: {first.request_id}" in first.logs.text
    assert "INIT_START" in counter.logs.text


def test_a_coroutine_invokes_many_at_a_time(tmp_path: Path, lambda_function: Functions) -> None:
    function = lambda_function("functions:wait", root=write_project(tmp_path))

    async def work() -> set[int]:
        calls = [asyncio.create_task(function.ainvoke(number)) for number in range(2)]
        for number in range(2):
            await asyncio.to_thread(function.wait_for_log, f"came {number}")
        (tmp_path / "go").touch()
        return {result.value for result in await asyncio.gather(*calls)}

    assert len(asyncio.run(work())) == function.environments == 2


# --- HTTP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("via", VIAS)
def test_requests_pass_the_service_that_is_asked_for(tmp_path: Path, lambda_function: Functions, via: Any) -> None:
    counter = lambda_function("counter", root=write_project(tmp_path), via=via)
    event = counter.http.post("/orders?a=1", json={"id": 7}).json()["event"]

    assert counter.url.endswith("/prod") == (via == "rest-api")
    assert (event.get("rawPath") or event["path"]) == "/orders"


def test_requests_one_after_the_other_meet_the_same_environment(counter: LambdaFunction) -> None:
    counts = [counter.http.get("/").json()["calls"] for _ in range(20)]

    assert counts == list(range(1, 21))
    assert counter.environments == 1


def test_a_request_beside_one_that_runs_meets_another_environment(tmp_path: Path, lambda_function: Functions) -> None:
    function = lambda_function("functions:stream", root=write_project(tmp_path), streams=True)

    with function.http.stream("GET", "/") as first, function.http.stream("GET", "/") as second:
        assert next(first.iter_raw()) == next(second.iter_raw()) == b"first"
        assert function.environments == 2


def test_a_coroutine_has_a_client_of_its_own(counter: LambdaFunction) -> None:
    async def work() -> list[int]:
        async with counter.ahttp() as client:
            return [(await client.get("/")).json()["calls"] for _ in range(3)]

    assert asyncio.run(work()) == [1, 2, 3]


def test_an_app_without_a_declaration_streams(tmp_path: Path, lambda_function: Functions) -> None:
    function = lambda_function("functions:stream", root=write_project(tmp_path), streams=True)

    with function.http.stream("GET", "/") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"first"
        (tmp_path / "go").touch()
        assert b"".join(pieces) == b" last"


def test_a_result_that_is_no_response_is_explained_in_the_log(tmp_path: Path, lambda_function: Functions) -> None:
    function = lambda_function("functions:fail", root=write_project(tmp_path), via="rest-api")

    assert function.http.get("/").status_code == 502
    assert "[ERROR] ValueError" in function.logs.text


def test_a_log_that_never_comes_is_not_waited_for(counter: LambdaFunction) -> None:
    with pytest.raises(TimeoutError, match="function counter has not logged 'towel' within 0 seconds"):
        counter.wait_for_log("towel", seconds=0)


# --- what happens to environments ------------------------------------------------------------------------------------


def test_a_cold_start_on_demand_begins_anew(counter: LambdaFunction) -> None:
    assert [counter.http.get("/").json()["calls"] for _ in range(2)] == [1, 2]
    counter.cold_start()

    assert counter.environments == 0
    assert counter.http.get("/").json()["calls"] == 1


def test_an_environment_can_be_started_ahead(counter: LambdaFunction) -> None:
    counter.start()

    assert counter.environments == 1
    assert counter.invoke().is_cold is False


def test_an_environment_stands_still_between_invocations(counter: LambdaFunction) -> None:
    process = psutil.Process(counter.http.get("/").json()["pid"])
    counter.freeze()

    assert comes_to_a_stop(process)
    assert counter.http.get("/").json()["calls"] == 2


def test_a_killed_environment_is_replaced(counter: LambdaFunction) -> None:
    process_id = counter.http.get("/").json()["pid"]
    counter.kill()

    assert has_ended(process_id)
    assert counter.http.get("/").json()["calls"] == 1


def test_an_invocation_fails_whose_environment_is_killed(tmp_path: Path, lambda_function: Functions) -> None:
    function = lambda_function("functions:wait", root=write_project(tmp_path))
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function.invoke(7)))
    thread.start()
    function.wait_for_log("came 7")
    function.kill()
    thread.join(BOUND)

    assert results[0].error_type == "Runtime.ExitError"
    assert f"signal: {signal.Signals.SIGKILL.name[3:].lower()}" in results[0].value["errorMessage"]
    (tmp_path / "go").touch()
    assert function.invoke(8).failed is False


def test_a_throttled_function_answers_what_its_service_answers(tmp_path: Path, lambda_function: Functions) -> None:
    counter = lambda_function("counter", root=write_project(tmp_path), via="function-url")
    with counter.throttle():
        assert counter.http.get("/").status_code == 429
        with pytest.raises(Throttled):
            counter.invoke()

    assert counter.http.get("/").status_code == 200


def test_what_is_reserved_is_not_taken_away(tmp_path: Path, lambda_function: Functions) -> None:
    counter = lambda_function("counter", root=write_project(tmp_path), reserved_concurrency=0)

    with pytest.raises(UserError, match="reserved_concurrency=0"), counter.throttle():
        pass
    with pytest.raises(Throttled):
        counter.invoke()


# --- queues ----------------------------------------------------------------------------------------------------------


def test_a_queue_tells_which_messages_failed(tmp_path: Path, lambda_function: Functions) -> None:
    worker = lambda_function("worker", root=write_project(tmp_path))
    delivery = worker.queue.send({"id": 1}, {"id": 2, "bad": True}, {"id": 3})

    assert [json.loads(body)["id"] for body in delivery.failed_bodies] == [2]
    assert [json.loads(message.body)["id"] for message in delivery.succeeded] == [1, 3]
    # The declared batch size is two.
    assert len(delivery.results) == 2


ONE = {"itemIdentifier": "x"}


@pytest.mark.parametrize(
    ("answer", "fails"),
    [
        (None, False),
        ({}, False),
        ("done", False),
        ({"batchItemFailures": []}, False),
        ({"batchItemFailures": None}, False),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, True),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, True),
        ({"batchItemFailures": [{"itemIdentity": "x"}]}, True),
        ({"batchItemFailures": [ONE]}, True),
        ({"batchItemFailures": "all"}, True),
        ({"batchItemFailures": [7]}, True),
    ],
)
def test_an_answer_counts_as_it_does_for_the_service(
    tmp_path: Path, lambda_function: Functions, answer: Any, *, fails: bool
) -> None:
    worker = lambda_function("worker", root=write_project(tmp_path))
    delivery = worker.queue.send({"answer": answer}, {"id": 2})

    assert (len(delivery.failed), len(delivery.succeeded)) == ((2, 0) if fails else (0, 2))


def test_all_messages_fail_with_the_function(tmp_path: Path, lambda_function: Functions) -> None:
    function = lambda_function("functions:fail", root=write_project(tmp_path))
    events = Events(Origin(seed=1))

    assert len(function.queue.deliver(events.sqs("a", "b", "c")).failed) == 3


def test_a_live_queue_is_read_by_the_function(tmp_path: Path, lambda_function: Functions) -> None:
    worker = lambda_function("worker", root=write_project(tmp_path))
    with worker.live_queue() as queue:
        queue.send({"id": 1}, {"id": 2, "bad": True}, {"id": 3})
        queue.wait_until_empty()
        (dead,) = queue.dead_letters()
        assert json.loads(dead.body) == {"id": 2, "bad": True}
        assert queue.dead_letters() == []
        # One delivery, and one more for the declared retry.
        assert sum(delivery.failed for delivery in queue.deliveries) == 2


def test_boto3_sends_to_a_live_queue(tmp_path: Path, lambda_function: Functions) -> None:
    ordered = lambda_function("ordered", root=write_project(tmp_path))
    session: Any = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    with ordered.live_queue() as queue:
        sqs = session.client("sqs", endpoint_url=queue.address)
        sqs.send_message(QueueUrl=queue.url, MessageBody='{"bad": true}', MessageGroupId="g")
        queue.send({"id": 2}, group="g")
        queue.wait_until_empty()
        assert [message.body for message in queue.dead_letters()] == ['{"bad": true}']


def test_a_queue_that_stays_full_is_not_waited_for(tmp_path: Path, lambda_function: Functions) -> None:
    worker = lambda_function("worker", root=write_project(tmp_path))
    with worker.throttle(), worker.live_queue() as queue:
        queue.send({"id": 1})
        with pytest.raises(TimeoutError, match="1 messages are left in worker after 0 seconds"):
            queue.wait_until_empty(seconds=0)


# --- who may call ----------------------------------------------------------------------------------------------------


def test_callers_are_checked_where_a_test_asks_for_it(tmp_path: Path, lambda_function: Functions) -> None:
    root = write_project(tmp_path)

    assert lambda_function("signed", root=root).http.get("/").status_code == 200
    assert lambda_function("signed", root=root, checks_auth=True).http.get("/").status_code == 403


def test_a_declared_function_decides_who_may_call(tmp_path: Path, lambda_function: Functions) -> None:
    guarded = lambda_function("guarded", root=write_project(tmp_path), checks_auth=True)

    assert guarded.http.get("/").status_code == 401
    assert guarded.http.get("/", headers={"authorization": "coffee"}).status_code == 403
    assert guarded.http.get("/", headers={"authorization": "tea"}).status_code == 200


def test_an_issuer_on_this_machine_vouches_for_callers(tmp_path: Path, lambda_function: Functions) -> None:
    with serve(Issuer()) as issuer:
        root = write_project(tmp_path)
        auth = f'{{ issuer = "{issuer.address}", audience = "shop" }}'
        function = f'[tool.lambdakit.functions.local]\nhandler = "functions.count"\nhttp.auth = {auth}\n'
        with (root / "pyproject.toml").open("a") as declaration:
            declaration.write(f'{function}http.via = "http-api"\n')
        http = lambda_function("local", root=root, checks_auth=True).http

        assert http.get("/").status_code == 401
        assert http.get("/", headers={"authorization": f"Bearer {issuer.sign()}"}).status_code == 200


# --- MCP -------------------------------------------------------------------------------------------------------------


def test_an_mcp_client_calls_tools(tmp_path: Path, lambda_function: Functions) -> None:
    tools = lambda_function("tools:handler", root=write_project(tmp_path))

    with tools.mcp() as client:
        assert [tool.name for tool in client.list_tools().tools] == ["add"]
        assert client.call_tool("add", {"a": 1, "b": 2}).structured_content == {"result": 3}
        assert client.server_info.name == "sums"


def test_a_coroutine_has_the_client_of_the_sdk(tmp_path: Path, lambda_function: Functions) -> None:
    tools = lambda_function("tools:handler", root=write_project(tmp_path))

    async def work() -> Any:
        async with tools.amcp(mode="legacy") as client:
            return await client.call_tool("add", {"a": 20, "b": 22})

    assert asyncio.run(work()).structured_content == {"result": 42}


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_an_unknown_function_is_told_with_those_that_there_are(tmp_path: Path, lambda_function: Functions) -> None:
    with pytest.raises(
        UnknownFunction,
        match="there is no function 'countr', declared: counter, worker, ordered, signed, guarded, guard, nightly",
    ):
        lambda_function("countr", root=write_project(tmp_path))


def test_a_function_without_http_says_how_to_call_it(tmp_path: Path, lambda_function: Functions) -> None:
    root = write_project(tmp_path)
    for name in ("worker", "nightly"):
        with pytest.raises(UserError, match=f'lambda_function."{name}", via="function-url"'):
            _ = lambda_function(name, root=root).http
    assert lambda_function("worker", root=root, via="function-url").http.get("/").status_code == 502


def test_an_unknown_setting_is_told_with_those_that_there_are(tmp_path: Path, lambda_function: Functions) -> None:
    wrong: Any = {"memmory": 256}
    with pytest.raises(OptionError, match=r"there is no setting memmory .*use memory, timeout"):
        lambda_function("counter", root=write_project(tmp_path), **wrong)
    with pytest.raises(UserError, match="memory is 5 MB"):
        lambda_function("counter", root=tmp_path, memory=5)
