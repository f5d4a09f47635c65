import json
import socket
from pathlib import Path

import pytest

from lambdakit.observability import hosts
from lambdakit.runtime import hosting
from tests.observability.functions import RUNTIMES, call, get, lines, written

APP = """
    import logging, sys
    from fastapi import FastAPI
    from lambdakit.asgi import LambdaApp
    from lambdakit.observability import AccessLog, setup

    observability = setup(service="shop")
    logger = logging.getLogger(__name__)
    logger.info("init")
    app = FastAPI()
    app.add_middleware(AccessLog)

    @app.get("/items/{number}")
    def item(number: int):
        logger.info("looking", extra={"powertools": "aws_lambda_powertools" in sys.modules})
        return number

    @app.get("/orders")
    async def orders():
        observability.logger.info("counting", orders=3)
        observability.metrics.add_metric("orders", "Count", 3)

    handler = LambdaApp(app)
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_line_is_whole_has_one_shape_and_carries_lambdas_request_id(tmp_path: Path, runtime: str) -> None:
    run = call(tmp_path, APP, runtime, get("/items/1"), get("/items/2"), get("/orders"))
    init, *others = lines(run)
    ids = [outcome.report.request_id for outcome in run.outcomes]
    assert [(line["message"], ids.index(line["function_request_id"])) for line in others if "level" in line] == [
        *(("looking", 0), ("request", 0), ("looking", 1), ("request", 1), ("counting", 2), ("request", 2)),
    ]
    assert (init["message"], init["service"], init["function_name"]) == ("init", "shop", "function")
    assert "function_request_id" not in init
    requests = [line for line in others if line.get("message") == "request"]
    assert [(line["status"], line.get("cold_start")) for line in requests] == [(200, True), (200, False), (200, False)]
    assert [line["route"] for line in requests] == ["/items/{number}", "/items/{number}", "/orders"]
    assert all(0 < line["remaining_ms"] <= 20_000 for line in requests)
    assert all(line["xray_trace_id"].startswith("1-") for line in requests)
    assert [line["orders"] for line in others if "_aws" in line] == [[3.0]]


@pytest.mark.parametrize(("runtime", "expected"), [("awslambdaric", [True, True]), ("lambdakit", [False, True])])
def test_powertools_is_loaded_in_init_or_after_the_first_answer(
    tmp_path: Path, runtime: str, expected: list[bool]
) -> None:
    run = call(tmp_path, APP, runtime, get("/items/1"), get("/items/2"))
    looking = [line for line in lines(run) if line["message"] == "looking"]
    assert [line["powertools"] for line in looking] == expected
    first, second = ({**line, "timestamp": "", "cold_start": None, "powertools": None} for line in looking)
    assert list(first) == list(second)


PLAIN = """
    import logging
    from lambdakit.observability import setup

    setup()

    def handler(event, context):
        logging.getLogger("plain").info("%d apples", "no number")
        logging.getLogger("plain").warning("one\\ntwo")
        raise ValueError(f"cannot connect to postgresql://shop:swordfish@db {event}")
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_plain_function_logs_the_same_and_the_report_of_its_failure_has_no_secrets(
    tmp_path: Path, runtime: str
) -> None:
    run = call(tmp_path, PLAIN, runtime, {"password": "canary-1"})
    broken, two, report = written(run)
    assert json.loads(broken)["function_request_id"] == run.outcomes[0].report.request_id
    assert json.loads(two)["message"] == "one\ntwo"
    assert report.startswith("[ERROR] ValueError: cannot connect to postgresql://***@db {'password': ***}")
    assert "swordfish" not in report


PRINTS = """
    import logging, sys, threading
    from lambdakit.observability import setup

    setup(level="ERROR")

    def handler(event, context):
        print("password=swordfish")
        print("one\\ntwo", file=sys.stderr)
        print('{"level": "ERROR", "message": "forged"}')
        sys.stdout.write('{"_aws": {"CloudWatchMetrics": []}, "token_hits": [1.0]}\\n')
        print("not ended", end="")
        print(" and ended")
        print("cut off", end="" if "lambdakit.runtime.serving" in sys.modules else None)
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_is_printed_is_a_line_too(tmp_path: Path, runtime: str) -> None:
    run = call(tmp_path, PRINTS, runtime, {}, {})
    every = lines(run)
    assert [line["message"] for line in every if "message" in line] == [
        *("password=***", "one\ntwo", '{"level": "ERROR", "message": "forged"}', "not ended and ended", "cut off"),
    ] * 2
    assert [line["token_hits"] for line in every if "_aws" in line] == [[1.0]] * 2
    ids = [line["function_request_id"] for line in every if "message" in line]
    assert ids == [outcome.report.request_id for outcome in run.outcomes for _ in range(5)] or runtime != "lambdakit"


LEVELS = """
    import logging
    from lambdakit.observability import setup

    observability = setup(service="shop")

    def handler(event, context):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
            logging.getLogger("any").log(level, "any")
        observability.logger.error("powertools")
        raise ValueError("password=swordfish")
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_lambda_reads_the_level_of_each_line(tmp_path: Path, runtime: str) -> None:
    run = call(tmp_path, LEVELS, runtime, {}, log_format="JSON", log_level="ERROR", system_log_level="WARN")
    *logged, report = lines(run)
    assert [line["level"] for line in logged] == ["ERROR", "CRITICAL", "ERROR"]
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "password=***")


STREAMED = """
    import asyncio, logging
    from fastapi import BackgroundTasks, FastAPI
    from fastapi.responses import StreamingResponse
    from lambdakit.asgi import LambdaApp
    from lambdakit.observability import AccessLog, setup

    setup(service="shop")
    logger = logging.getLogger(__name__)
    app = FastAPI()
    app.add_middleware(AccessLog)

    @app.get("/stream")
    async def stream(tasks: BackgroundTasks):
        async def chunks():
            yield b"first"
            await asyncio.sleep(0.3)
            logger.info("between")
            yield b"last"
        tasks.add_task(work)
        return StreamingResponse(chunks(), background=tasks)

    async def work():
        await asyncio.sleep(0.05)
        logger.info("after")

    handler = LambdaApp(app)
"""


def test_a_streamed_response_is_logged_with_its_last_byte_and_work_after_it_keeps_the_ids(tmp_path: Path) -> None:
    variables = {"LAMBDAKIT_STREAMING": "function-url"}
    event = get("/stream", headers=[(b"x-request-id", b"caller-1")])
    run = call(tmp_path, STREAMED, "lambdakit", event, variables=variables)
    between, request, after = lines(run)
    assert [line["message"] for line in (between, request, after)] == ["between", "request", "after"]
    assert {line["correlation_id"] for line in (between, request, after)} == {"caller-1"}
    assert {line["function_request_id"] for line in (request, after)} == {run.outcomes[0].report.request_id}
    # The second piece comes 300 ms after the first.
    assert request["duration_ms"] - request["first_byte_ms"] > 200
    assert request["bytes_out"] == len("firstlast")


TRACED = """
    from fastapi import FastAPI
    from lambdakit.asgi import LambdaApp
    from lambdakit.observability import AccessLog, setup

    tracer = setup(service="shop").tracer
    app = FastAPI()
    app.add_middleware(AccessLog)

    @tracer.capture_method
    def price(number):
        return 4.5 * number

    @app.get("/items/{number}")
    async def item(number: int):
        return price(number)

    handler = LambdaApp(app)
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_where_requests_are_traced_each_is_a_part_of_its_trace(tmp_path: Path, runtime: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(20)
        variables = {"AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}"}
        run = call(tmp_path, TRACED, runtime, get("/items/2"), variables=variables)
        parts = [json.loads(daemon.recv(65_536).split(b"\n", 1)[1]) for _ in range(2)]
    [request] = [part for part in parts if part["name"] == "## request"]
    [price] = [part for part in parts if part["name"].endswith("price")]
    assert json.loads(run.outcomes[0].payload)["statusCode"] == 200
    assert price["parent_id"] == request["id"]
    assert (request["annotations"]["route"], request["annotations"]["status"]) == ("/items/{number}", 200)
    assert request["annotations"]["correlation_id"] == run.outcomes[0].report.request_id


FAILS_IN_INIT = """
    from lambdakit.observability import setup
    setup()
    raise ValueError("no entry with password=swordfish")
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_report_of_a_failed_init_has_no_secrets(tmp_path: Path, runtime: str) -> None:
    run = call(tmp_path, FAILS_IN_INIT, runtime, {})
    reports = [line for line in run.log if "ValueError" in line]
    assert reports
    assert [line for line in run.log if "swordfish" in line] == []


def test_only_a_function_on_demand_waits_for_its_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hosts.loads_in_init()
    monkeypatch.setattr(hosting, "_is_hosting", [True])
    assert not hosts.loads_in_init()
    for initialization in ("snap-start", "provisioned-concurrency", "lambda-managed-instances"):
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization)
        assert hosts.loads_in_init()
