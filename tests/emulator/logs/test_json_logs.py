import json
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator.logs.journal import Journal, LogSettings, Record
from lambdakit.emulator.logs.platform_events import (
    Origin,
    init_report,
    init_runtime_done,
    init_start,
    report,
    restore_report,
    restore_runtime_done,
    restore_start,
    runtime_done,
)
from lambdakit.emulator.outcome import Report
from lambdakit.errors import UserError
from tests.emulator.functions import ANY, Run, configure, invoke

LOGGING = """
    import logging
    logging.getLogger().warning("init %s", "is\\nlong")
    def handler(event, context):
        logging.getLogger().setLevel("DEBUG") if event == "all" else None
        logging.getLogger("shop").debug("fine")
        logging.getLogger("shop").info("order", extra={"order": 5})
        print("printed")
        if event == "fail":
            raise LookupError("no order")
        if event == "exit":
            import os
            os._exit(3)
        return "done"
"""


def events(run: Run) -> list[dict[str, Any]]:
    """Return the platform's records."""
    return [content for line in run.log if (content := read(line)).get("type", "").startswith("platform.")]


def read(line: str) -> dict[str, Any]:
    return json.loads(line) if line.startswith("{") else {}


def types(run: Run) -> list[str]:
    return [event["type"].removeprefix("platform.") for event in events(run)]


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_all_but_what_is_printed_is_json_in_the_order_of_the_text_format(tmp_path: Path, runtime: str) -> None:
    run = invoke(configure(tmp_path, LOGGING, log_format="JSON", runtime=runtime, timeout=30))
    [outcome] = run.outcomes
    request_id = outcome.report.request_id
    kinds = [read(line).get("type") or read(line).get("message") or line for line in run.log]
    assert kinds == ["platform.initStart", "init is\nlong", "platform.start", "order", "printed", "platform.report"]
    start, report = events(run)[1:]
    assert start["record"] == {"requestId": request_id, "version": "$LATEST"}
    metrics = report["record"].pop("metrics")
    assert report["record"] == {"requestId": request_id, "status": "success"}
    assert metrics == {
        "durationMs": round(outcome.report.duration_ms, 3),
        "billedDurationMs": outcome.report.billed_duration_ms,
        "memorySizeMB": 128,
        "maxMemoryUsedMB": outcome.report.max_memory_used_mb,
        "initDurationMs": round(outcome.report.init_duration_ms or 0, 3),
    }
    [order] = [read(line) for line in run.log if read(line).get("message") == "order"]
    assert (order["level"], order["requestId"], order["order"]) == ("INFO", request_id, 5)


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("DEBUG", ["initStart", "initRuntimeDone", "initReport", *["start", "runtimeDone", "report"] * 2]),
        ("INFO", ["initStart", "start", "report", "start", "runtimeDone", "report"]),
        ("WARN", ["runtimeDone", "report"]),
    ],
)
def test_lambdas_records_come_from_their_level_on(tmp_path: Path, level: str, kinds: list[str]) -> None:
    configuration = configure(tmp_path, LOGGING, log_format="JSON", system_log_level=level)
    run = invoke(configuration, ANY, b'"exit"')
    assert types(run) == kinds
    assert events(run)[-1]["record"]["status"] == "error"
    assert events(run)[-1]["record"]["errorType"] == "Runtime.ExitError"


def test_the_functions_records_come_from_their_level_on(tmp_path: Path) -> None:
    for level, messages in (("DEBUG", ["fine", "order"]), ("INFO", ["order"]), ("ERROR", [])):
        run = invoke(configure(tmp_path, LOGGING, log_format="JSON", log_level=level))
        assert [read(line)["message"] for line in run.log if read(line).get("logger") == "shop"] == messages
        assert "printed" in run.log


def test_an_error_of_the_function_is_one_record(tmp_path: Path) -> None:
    run = invoke(configure(tmp_path, LOGGING, log_format="JSON"), b'"fail"')
    [error] = [read(line) for line in run.log if read(line).get("errorType")]
    assert (error["level"], error["errorType"], error["errorMessage"]) == ("ERROR", "LookupError", "no order")


def test_a_time_out_and_a_failed_init_say_so(tmp_path: Path) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(60)"
    late = invoke(configure(tmp_path, source, log_format="JSON", timeout=0.5))
    assert late.log[-1].startswith("{")
    assert events(late)[-1]["record"]["status"] == "timeout"
    assert events(late)[-1]["record"]["metrics"]["durationMs"] == 500
    failed = invoke(configure(tmp_path, "import nowhere", log_format="JSON"))
    assert types(failed) == [*["initStart", "initRuntimeDone", "initReport"] * 2, "start", "runtimeDone", "report"]
    done, summary = events(failed)[1:3]
    assert done["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "error",
        "errorType": "Runtime.ImportModuleError",
    }
    assert summary["record"]["metrics"]["durationMs"] > 0


def test_a_note_of_the_toolkit_is_json_too(tmp_path: Path) -> None:
    lines: list[str] = []
    kept: list[Record] = []
    journal = Journal("api", lines.append, kept.append, LogSettings(log_format="JSON"))
    journal.write_platform("lambdakit: mind\nthis")
    journal.write_platform("a line of the text format")
    [line], [record] = lines, kept
    assert (json.loads(line)["type"], json.loads(line)["record"]) == ("lambdakit.note", {"message": "mind\nthis"})
    assert (record.level, record.origin) == ("WARN", "platform")


@pytest.mark.parametrize(
    ("content", "is_kept"),
    [
        ({"level": "debug", "timestamp": "2024-11-02T16:51:31.587199Z"}, False),
        ({"level": "debug", "time": "2024-11-02T16:51:31+01:00"}, False),
        ({"level": "WARNING", "timestamp": "2024-11-02T16:51:31Z"}, True),
        ({"level": "CRITICAL", "timestamp": "2024-11-02T16:51:31Z"}, True),
        ({"timestamp": "2024-11-02T16:51:31Z"}, False),
        ({"level": "loud", "timestamp": "2024-11-02T16:51:31Z"}, False),
        # Without a valid time a record counts as INFO, whatever it names.
        ({"level": "ERROR"}, False),
        ({"level": "ERROR", "timestamp": "2024-11-02 16:51:31,587+0000"}, False),
        ({"level": "ERROR", "timestamp": 5}, False),
    ],
)
def test_json_that_is_printed_is_filtered_by_the_level_that_aws_finds_in_it(
    content: dict[str, object], *, is_kept: bool
) -> None:
    lines: list[str] = []
    journal = Journal("api", lines.append, settings=LogSettings(log_format="JSON", log_level="WARN"))
    journal.write_function(json.dumps(content))
    journal.write_function("text is never filtered")
    assert len(lines) == 1 + is_kept
    text = Journal("api", lines.append, settings=LogSettings(log_level="WARN"))
    text.write_function(json.dumps(content))
    assert len(lines) == 2 + is_kept


def test_each_event_has_the_level_that_aws_gives_it() -> None:
    on_demand = Origin(function_name="api", python_version="3.13", region="us-east-1")
    managed = Origin(
        function_name="api",
        python_version="3.13",
        region="us-east-1",
        initialization_type="lambda-managed-instances",
    )
    good = Report(request_id="id", duration_ms=1, memory_size_mb=128, max_memory_used_mb=50)
    late = Report(request_id="id", duration_ms=1, memory_size_mb=128, max_memory_used_mb=50, status="timeout")
    expected = [
        (init_start(on_demand, "init"), "INFO"),
        (init_runtime_done(on_demand, "init", "success", None), "DEBUG"),
        (init_runtime_done(on_demand, "init", "timeout", None), "WARN"),
        (init_report(on_demand, "init", "success", None, 1), "DEBUG"),
        (init_report(managed, "init", "success", None, 1), "INFO"),
        (init_report(on_demand, "invoke", "error", "E", 1), "WARN"),
        (restore_start(on_demand, "a line"), "INFO"),
        (restore_runtime_done("success", None), "DEBUG"),
        (restore_runtime_done("error", "E"), "WARN"),
        (restore_report("success", None, 1, "a line"), "INFO"),
        (restore_report("timeout", None, 1, "a line"), "WARN"),
        (runtime_done(good, duration_ms=1, produced_bytes=3), "DEBUG"),
        (runtime_done(late, duration_ms=1, produced_bytes=0), "WARN"),
        (report(good), "INFO"),
        (report(late), "WARN"),
    ]
    assert [event.level for event, _ in expected] == [level for _, level in expected]


def test_a_runtime_that_is_done_says_how_much_it_produced_and_what_took_its_time(tmp_path: Path) -> None:
    source = """
        import time
        def handler(event, context):
            time.sleep(0.2)
            return "x" * event
    """
    run = invoke(configure(tmp_path, source, log_format="JSON", system_log_level="DEBUG"), b"1000")
    [done] = [event["record"] for event in events(run) if event["type"] == "platform.runtimeDone"]
    assert done["metrics"]["producedBytes"] == 1002
    latency, duration, overhead = done["spans"]
    assert [span["name"] for span in done["spans"]] == ["responseLatency", "responseDuration", "runtimeOverhead"]
    assert latency["durationMs"] >= 200
    total = sum(span["durationMs"] for span in (latency, duration, overhead))
    assert total == pytest.approx(done["metrics"]["durationMs"], abs=1)
    assert latency["start"] <= duration["start"] <= overhead["start"]


def test_an_invocation_without_an_answer_has_no_spans(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context):\n    os._exit(1)"
    run = invoke(configure(tmp_path, source, log_format="JSON"))
    [done] = [event["record"] for event in events(run) if event["type"] == "platform.runtimeDone"]
    assert ("spans" in done, done["metrics"]["producedBytes"]) == (False, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"log_level": "DEBUG"}, "the level DEBUG filters no text logs.*choose the log format JSON"),
        ({"system_log_level": "WARN", "log_format": "Text"}, "the level WARN filters no text logs"),
        ({"log_format": "Text", "max_concurrency": 4}, "Managed Instances write no text logs"),
    ],
)
def test_settings_that_filter_nothing_are_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        configure(tmp_path, "", **settings)


def test_managed_instances_write_json(tmp_path: Path) -> None:
    assert configure(tmp_path, "", max_concurrency=4, log_level="WARN").log_settings == LogSettings(
        log_format="JSON", log_level="WARN"
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["Text", None]),
        ({"log_format": "JSON"}, ["JSON", "INFO"]),
        ({"log_format": "JSON", "log_level": "TRACE"}, ["JSON", "TRACE"]),
    ],
)
def test_the_function_is_told_the_format_and_with_json_the_level(
    tmp_path: Path, settings: dict[str, Any], expected: list[str | None]
) -> None:
    source = """
        import os
        def handler(event, context):
            return [os.environ.get(name) for name in ("AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL")]
    """
    assert invoke(configure(tmp_path, source, **settings)).results() == [expected]
