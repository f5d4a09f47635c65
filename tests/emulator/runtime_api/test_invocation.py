import asyncio
import json
import re
import time
from pathlib import Path

import pytest

from lambdakit.emulator import Environment
from lambdakit.errors import EnvironmentFault, PayloadTooLarge
from tests.emulator.functions import ANY, configure, invoke


def test_a_function_gets_the_event_and_its_result_is_the_payload(tmp_path: Path) -> None:
    run = invoke(configure(tmp_path, "handler = lambda event, context: {'got': event}"), '{"name": "Ünï"}'.encode())
    assert run.results() == [{"got": {"name": "Ünï"}}]
    assert (run.outcomes[0].error_type, run.outcomes[0].failed) == (None, False)
    assert (run.outcomes[0].phase, run.outcomes[0].report.status) == ("invoke", "success")


def test_bytes_that_a_function_returns_are_the_payload(tmp_path: Path) -> None:
    run = invoke(configure(tmp_path, "handler = lambda event, context: b'\\x00 raw'"))
    assert run.outcomes[0].payload == b"\x00 raw"


def test_the_context_tells_what_lambda_tells(tmp_path: Path) -> None:
    source = """
        import os
        def handler(event, context):
            return {
                "id": context.aws_request_id,
                "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis(),
                "settings": [context.memory_limit_in_mb, context.function_name, context.function_version],
                "group": context.log_group_name,
                "stream": context.log_stream_name,
                "trace": os.environ["_X_AMZN_TRACE_ID"],
            }
    """
    run = invoke(configure(tmp_path, source, name="orders", memory=256, timeout=20, region="eu-west-1"))
    [seen] = run.results()
    assert seen["id"] == run.outcomes[0].report.request_id
    assert seen["arn"] == "arn:aws:lambda:eu-west-1:123456789012:function:orders"
    assert 15_000 < seen["left"] <= 20_000
    assert (seen["settings"], seen["group"]) == (["256", "orders", "$LATEST"], "/aws/lambda/orders")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen["stream"])
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1", seen["trace"])


def test_a_client_context_reaches_the_function(tmp_path: Path) -> None:
    configuration = configure(tmp_path, "handler = lambda event, context: context.client_context.custom")

    async def call() -> bytes:
        async with Environment(configuration, log=print) as environment:
            return (await environment.invoke(ANY, client_context={"custom": {"who": "Jörg"}})).payload

    assert json.loads(asyncio.run(call())) == {"who": "Jörg"}


def test_fifty_warm_invocations_share_one_process(tmp_path: Path) -> None:
    source = """
        import os
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            return [os.getpid(), calls]
    """
    run = invoke(configure(tmp_path, source), *[ANY] * 50)
    assert [calls for _, calls in run.results()] == list(range(1, 51))
    assert len({process for process, _ in run.results()}) == 1
    assert [outcome.report.init_duration_ms is not None for outcome in run.outcomes] == [True] + [False] * 49
    assert len({outcome.report.request_id for outcome in run.outcomes}) == 50


def test_concurrent_calls_wait_for_their_turn(tmp_path: Path) -> None:
    source = """
        busy = False
        def handler(event, context):
            global busy
            assert not busy
            busy = True
            sum(range(200_000))
            busy = False
            return event
    """

    async def call_at_once() -> list[object]:
        async with Environment(configure(tmp_path, source), log=print) as environment:
            outcomes = await asyncio.gather(*(environment.invoke(str(number).encode()) for number in range(5)))
            return [json.loads(outcome.payload) for outcome in outcomes]

    assert asyncio.run(call_at_once()) == [0, 1, 2, 3, 4]


def test_an_exception_is_reported_as_awslambdaric_posts_it(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            raise ValueError("no such order")
    """
    run = invoke(configure(tmp_path, source), ANY, ANY)
    outcome, error = run.outcomes[0], run.results()[0]
    assert (outcome.error_type, outcome.phase, outcome.failed) == ("ValueError", "invoke", True)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no such order")
    assert error["requestId"] == outcome.report.request_id
    assert 'raise ValueError("no such order")' in error["stackTrace"][0]
    assert run.outcomes[1].report.init_duration_ms is None, "the environment lives on"


@pytest.mark.parametrize(
    ("source", "payload", "error_type"),
    [
        ("handler = lambda event, context: object()", b"{}", "Runtime.MarshalError"),
        ("handler = lambda event, context: event", b"not json", "Runtime.UnmarshalError"),
        ("def handler(event): pass", b"{}", "TypeError"),
    ],
)
def test_what_cannot_be_called_or_converted_is_an_error(
    tmp_path: Path, source: str, payload: bytes, error_type: str
) -> None:
    [outcome] = invoke(configure(tmp_path, source), payload).outcomes
    assert (outcome.error_type, outcome.phase) == (error_type, "invoke")


def test_a_result_over_six_megabytes_is_refused(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            return "x" * event
    """
    # A JSON string has two quotes more.
    run = invoke(configure(tmp_path, source), b"6291554", b"6291555", b"1")
    fits, too_large, afterwards = run.outcomes
    assert (fits.error_type, len(fits.payload)) == (None, 6_291_556)
    assert (too_large.error_type, too_large.phase) == ("Function.ResponseSizeTooLarge", "invoke")
    assert run.results()[1] == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    assert (afterwards.error_type, afterwards.report.is_cold) == (None, True), "awslambdaric gave up"


def test_a_large_traceback_reaches_the_caller(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            raise ValueError("x" * 500_000)
    """
    run = invoke(configure(tmp_path, source))
    assert run.outcomes[0].error_type == "ValueError"
    assert run.results()[0]["errorMessage"] == "x" * 500_000


def test_a_payload_over_six_megabytes_is_refused_before_anything_starts(tmp_path: Path) -> None:
    configuration = configure(tmp_path, "handler = print")
    with pytest.raises(PayloadTooLarge, match="the payload has 6291557 bytes"):
        invoke(configuration, b'"' + b"x" * 6_291_555 + b'"')


def test_a_client_context_over_the_limit_is_refused(tmp_path: Path) -> None:
    async def call() -> None:
        async with Environment(configure(tmp_path, "handler = print"), log=print) as environment:
            await environment.invoke(ANY, client_context={"custom": "x" * 4000})

    with pytest.raises(PayloadTooLarge, match="client context"):
        asyncio.run(call())


def test_a_closed_environment_starts_nothing(tmp_path: Path) -> None:
    async def call() -> None:
        environment = Environment(configure(tmp_path, "handler = print"), log=print)
        async with environment:
            pass
        await environment.invoke(ANY)

    with pytest.raises(EnvironmentFault, match="closed"):
        asyncio.run(call())


def test_an_invocation_lasts_until_the_runtime_asks_for_the_next(tmp_path: Path) -> None:
    """A runtime of its own: answers at once, works on for a while, then asks again."""
    source = """
        import http.client, os, time
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        def call(method, path, body=None):
            api.request(method, "/2018-06-01/runtime/invocation/" + path, body)
            reply = api.getresponse()
            reply.read()
            return reply
        while True:
            request_id = call("GET", "next").getheader("Lambda-Runtime-Aws-Request-Id")
            call("POST", request_id + "/response", b"1")
            time.sleep(0.3)
            print("worked on")
    """
    started = time.perf_counter()
    run = invoke(configure(tmp_path, source))
    assert run.results() == [1]
    assert 300 <= run.outcomes[0].report.duration_ms <= (time.perf_counter() - started) * 1000
    assert run.log.index("worked on") < run.log.index(run.lines("REPORT")[0])
