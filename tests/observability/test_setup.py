import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from lambdakit.errors import OptionError
from lambdakit.observability import configured, setup

pytestmark = pytest.mark.usefixtures("fresh")
logger = logging.getLogger("shop.orders")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_logging_writes_and_what_powertools_writes_have_one_shape(capsys: pytest.CaptureFixture[str]) -> None:
    observability = setup(service="shop")
    logger.info("one", extra={"order": 1})
    observability.logger.info("two", order=2)
    one, two = lines(capsys)
    assert list(one) == list(two) == ["level", "location", "message", "timestamp", "service", "order"]
    assert one["location"].startswith("test_what_logging_writes")
    assert (one["service"], one["message"], two["message"]) == ("shop", "one", "two")


def test_each_record_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    observability = setup(service="shop")
    for each in (observability.logger, logger, logging.getLogger("shop"), logging.getLogger("shop.child")):
        each.warning("once")
    assert [line["message"] for line in lines(capsys)] == ["once"] * 4


def test_a_second_call_returns_the_first_one_changed(capsys: pytest.CaptureFixture[str]) -> None:
    first = setup(service="shop", level="WARNING")
    assert setup() is first
    assert (first.service, first.level) == ("shop", "WARNING")
    kept = first.logger
    assert setup(service="till", level="DEBUG", sampling=0.5, redact=["iban"]) is first
    kept.debug("old")
    first.logger.debug("new", iban="DE00")
    old, new = lines(capsys)
    assert (old["service"], new["service"], new["iban"]) == ("till", "till", "***")
    assert first.sampling == 0.5


@pytest.mark.parametrize(
    ("variables", "level", "expected"),
    [
        ({}, None, "INFO"),
        ({"LOG_LEVEL": "debug"}, None, "DEBUG"),
        ({"LOG_LEVEL": "DEBUG", "POWERTOOLS_LOG_LEVEL": "ERROR"}, None, "ERROR"),
        ({"POWERTOOLS_LOG_LEVEL": "ERROR"}, "warning", "WARNING"),
        ({"AWS_LAMBDA_LOG_LEVEL": "WARN", "POWERTOOLS_LOG_LEVEL": "WARN"}, None, "WARNING"),
        ({"AWS_LAMBDA_LOG_LEVEL": "FATAL"}, "CRITICAL", "CRITICAL"),
        ({"AWS_LAMBDA_LOG_LEVEL": "TRACE"}, None, "NOTSET"),
        ({"LOG_LEVEL": "loud"}, None, "INFO"),
        ({}, logging.ERROR, "ERROR"),
    ],
)
def test_the_level_is_the_one_that_powertools_would_choose(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], level: Any, expected: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    observability = setup(service="levels", level=level)
    number = logging.getLevelNamesMapping()[expected]
    assert logging.getLogger().level == number
    assert observability.logger.log_level == number


def test_the_service_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert setup().service == "service_undefined"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    monkeypatch.setattr(configured, "_configured", [])
    assert setup().service == "api"
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop")
    monkeypatch.setattr(configured, "_configured", [])
    assert setup().service == "shop"


@pytest.mark.parametrize("arguments", [{"level": "loud"}, {"level": 15}, {"sampling": 1.5}, {"sampling": -1}])
def test_a_value_that_cannot_be_used_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="choose"):
        setup(**arguments)


def test_a_share_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDAKIT_LOG_SAMPLING", "some")
    with pytest.raises(OptionError, match="the sampling is 'some'"):
        setup()


def test_the_debug_detail_of_powertools_can_be_sampled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "1")
    setup(service="sampled").logger.debug("detail")
    [line] = lines(capsys)
    assert (line["message"], line["sampling_rate"]) == ("detail", "1")


def test_a_handler_that_is_there_already_writes_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    stream = logging.StreamHandler(sys.stdout)
    logging.getLogger().addHandler(stream)
    setup(service="shop")
    logger.info("once")
    assert [line["message"] for line in lines(capsys)] == ["once"]


def test_a_powertools_logger_from_before_writes_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    before = Logger(service="before")
    made = setup(service="before").logger
    before.append_keys(order=1)
    before.info("old", token="canary")
    made.info("new")
    old, new = lines(capsys)
    assert (old["message"], old["order"], old["token"]) == ("old", 1, "***")
    assert (new["message"], new["order"]) == ("new", 1)


def test_metrics_outside_of_a_request_are_those_of_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = setup(service="shop").metrics
    metrics.add_metric("orders", "Count", 1)
    metrics.add_metric("orders", "Count", 2)
    metrics.flush_metrics()
    [line] = lines(capsys)
    assert (line["orders"], line["service"]) == ([1.0, 2.0], "shop")
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "shop"


def test_where_nothing_is_traced_the_tracer_does_nothing() -> None:
    tracer = setup(service="shop").tracer

    @tracer.capture_method
    def double(number: int) -> int:
        tracer.put_annotation("number", number)
        tracer.put_metadata("number", number)
        return 2 * number

    @tracer.capture_method(capture_response=False)
    @tracer.capture_lambda_handler
    @tracer.capture_lambda_handler(capture_error=False)
    def triple(number: int) -> int:
        return 3 * number

    assert (double(2), triple(2)) == (4, 6)


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parent)


WITHOUT_POWERTOOLS = """
import sys
sys.modules["aws_lambda_powertools"] = None
import logging
from lambdakit.errors import MissingExtra
from lambdakit.observability import setup
made = setup(service="shop")
logging.getLogger("any").error("still a line", extra={"password": "canary"})
for part in ("logger", "metrics", "tracer"):
    try:
        getattr(made, part)
    except MissingExtra as error:
        print(error, file=sys.stderr)
"""


def test_without_the_extra_the_lines_are_the_same_and_the_parts_say_what_to_install() -> None:
    ended = run(WITHOUT_POWERTOOLS)
    advice = "Fix: pip install 'lambdakit[observability]'"
    assert json.loads(ended.stdout)["message"] == "still a line"
    assert "canary" not in ended.stdout
    assert (
        ended.stderr.splitlines()
        == [f"aws_lambda_powertools is not installed (in lambdakit.observability). {advice}"] * 3
    )


BROKEN_POWERTOOLS = """
import sys, types
broken = types.ModuleType("aws_lambda_powertools")
sys.modules["aws_lambda_powertools"] = broken
from lambdakit.observability import configured, setup
configured._import_powertools = lambda: 1 / 0
setup(service="shop")
"""


def test_powertools_that_cannot_be_loaded_is_a_line_of_its_own() -> None:
    ended = run(BROKEN_POWERTOOLS)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["exception_name"] == "ZeroDivisionError"


def test_importing_it_imports_neither_powertools_nor_an_event_loop() -> None:
    program = (
        "import sys; from lambdakit.observability import current; early = {*sys.modules};"
        "from lambdakit.observability import AccessLog, Observability, setup;"
        "print('logging' in early, {*sys.modules} & {'asyncio', 'aws_lambda_powertools', 'botocore', 'boto3'})"
    )
    assert run(program).stdout == "False set()\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        run_nothing()


def run_nothing() -> None:
    from lambdakit import observability  # noqa: PLC0415 (its attributes are the subject)

    _ = observability.nothing  # pyright: ignore[reportAttributeAccessIssue] (what is tested)
