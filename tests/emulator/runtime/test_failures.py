import json
import os
import re
import signal
from pathlib import Path

import pytest

from tests.emulator.functions import ANY, configure, has_ended, invoke


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        ("", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("", "other.handler", "Runtime.ImportModuleError", "No module named 'other'"),
        ("", "sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys"),
        ("def :", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("import nowhere", "app.handler", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
    ],
)
def test_an_error_in_init_is_reported_as_awslambdaric_posts_it(
    tmp_path: Path, source: str, handler: str, error_type: str, message: str
) -> None:
    run = invoke(configure(tmp_path, source, handler=handler))
    [outcome], [error] = run.outcomes, run.results()
    assert (outcome.error_type, outcome.phase, error["errorType"]) == (error_type, "init", error_type)
    assert message in error["errorMessage"]
    lines = run.lines("INIT_REPORT")
    for phase, line in zip(["init", "invoke"], lines, strict=True):
        pattern = rf"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: {phase}\tStatus: error\tError Type: {error_type}"
        assert re.fullmatch(pattern, line)
    report = outcome.report
    assert (report.status, report.error_type, report.init_duration_ms) == ("error", error_type, None)
    assert lines[1].startswith(f"INIT_REPORT Init Duration: {report.duration_ms:.2f} ms")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(4)", "Runtime exited with error: exit status 4"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
@pytest.mark.parametrize("phase", ["init", "invoke"])
def test_the_end_of_the_process_is_reported_with_its_exit_status(
    tmp_path: Path, statement: str, reason: str, phase: str
) -> None:
    source = f"""
        import os, sys
        def handler(event, context):
            {statement}
        {"handler(0, 0)" if phase == "init" else ""}
    """
    run = invoke(configure(tmp_path, source))
    [outcome] = run.outcomes
    message = f"RequestId: {outcome.report.request_id} Error: {reason}"
    assert (
        outcome.payload
        == json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message}, separators=(",", ":")).encode()
    )
    assert (outcome.error_type, outcome.phase) == ("Runtime.ExitError", phase)
    assert run.log[-4:-1] == [message, "Runtime.ExitError", f"END RequestId: {outcome.report.request_id}"]
    assert run.log[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError")


def test_a_function_out_of_time_is_killed_and_reported_as_aws_does(tmp_path: Path) -> None:
    source = """
        import time
        def handler(event, context):
            print("before")
            time.sleep(event)
            return "done"
    """
    run = invoke(configure(tmp_path, source, timeout=0.5), b"60", b"0")
    late, afterwards = run.outcomes
    assert late.report.init_duration_ms is not None
    assert afterwards.report.init_duration_ms is None, "an init inside the invocation is part of its duration"
    request_id = late.report.request_id
    assert late.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: %s Error: Task timed out after 0.50 seconds"}'
        % request_id.encode()
    )
    assert (late.error_type, late.phase, late.report.status) == ("Sandbox.Timedout", "invoke", "timeout")
    assert late.report.duration_ms == 500
    started = run.log.index(f"START RequestId: {request_id} Version: $LATEST")
    before, line, empty, end, report = run.log[started + 1 : started + 6]
    assert (before, empty, end) == ("before", "", f"END RequestId: {request_id}")
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {request_id} Task timed out after 0\.50 seconds", line
    )
    assert report.endswith("\tStatus: timeout")
    assert (afterwards.payload, afterwards.report.is_cold) == (b'"done"', True)


def test_an_init_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    source = """
        import time
        print("loading")
        time.sleep(60)
    """
    run = invoke(configure(tmp_path, source, init_timeout=0.5, timeout=0.75))
    [outcome] = run.outcomes
    request_id = outcome.report.request_id
    assert json.loads(outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 0.75 seconds",
    }
    assert (outcome.error_type, outcome.phase, outcome.report.status) == ("Sandbox.Timedout", "init", "timeout")
    assert run.log[1:3] == ["loading", "INIT_REPORT Init Duration: 500.00 ms\tPhase: init\tStatus: timeout"]
    assert run.log[4:6] == ["loading", "INIT_REPORT Init Duration: 750.00 ms\tPhase: invoke\tStatus: timeout"]
    assert outcome.report.duration_ms == 750


def test_an_init_that_fails_once_succeeds_inside_the_invocation(tmp_path: Path) -> None:
    source = """
        import pathlib, tempfile, time
        mark = pathlib.Path(tempfile.gettempdir(), "tried")
        if not mark.exists():
            mark.touch()
            raise ConnectionError("not yet")
        time.sleep(0.3)
        handler = lambda event, context: context.get_remaining_time_in_millis()
    """
    run = invoke(configure(tmp_path, source, timeout=60))
    [outcome], [line] = run.outcomes, run.lines("INIT_REPORT")
    assert line.endswith("\tPhase: init\tStatus: error\tError Type: ConnectionError")
    assert (outcome.error_type, outcome.phase, outcome.report.init_duration_ms) == (None, "invoke", None)
    assert outcome.report.duration_ms > 300
    assert run.results()[0] < 59_700, "init used up some of the invocation's time"


@pytest.mark.parametrize(
    ("afterwards", "status", "error_type"),
    [("os._exit(5)", "error", "Runtime.ExitError"), ("time.sleep(600)", "timeout", "Sandbox.Timedout")],
)
def test_an_answer_stands_whatever_the_process_comes_to_after_it(
    tmp_path: Path, afterwards: str, status: str, error_type: str
) -> None:
    source = f"""
        import http.client, os, time
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        def handler(event, context):
            path = "/2018-06-01/runtime/invocation/" + context.aws_request_id
            api.request("POST", path + "/response", b'"early"')
            api.getresponse().read()
            {afterwards}
    """
    [outcome] = invoke(configure(tmp_path, source, timeout=1)).outcomes
    assert (outcome.payload, outcome.error_type) == (b'"early"', None)
    assert (outcome.report.status, outcome.report.error_type) == (status, error_type)


def test_a_process_that_dies_between_invocations_is_replaced(tmp_path: Path) -> None:
    source = """
        import os, threading
        def handler(event, context):
            if event:
                threading.Timer(0, lambda: os._exit(1)).start()
                threading.Event().wait()
            return os.getpid()
    """
    run = invoke(configure(tmp_path, source), b"1", b"0")
    assert [outcome.error_type for outcome in run.outcomes] == ["Runtime.ExitError", None]


_FAMILY = """
    import os, subprocess, sys, time
    def handler(event, context):
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleep)
        loner = subprocess.Popen(sleep, start_new_session=True)
        # A daemon: neither in the group nor a descendant any more.
        start = f"import subprocess as s; print(s.Popen({sleep}, start_new_session=True, stdout=s.DEVNULL).pid)"
        daemon = int(subprocess.check_output([sys.executable, "-c", start]))
        print("family", os.getpid(), child.pid, loner.pid, daemon)
        if event == "hang":
            time.sleep(600)
        if event == "crash":
            os._exit(1)
"""


@pytest.mark.parametrize("event", ["hang", "crash", "return"])
def test_children_and_daemons_of_a_function_end_with_its_environment(tmp_path: Path, event: str) -> None:
    run = invoke(configure(tmp_path, _FAMILY, timeout=2), json.dumps(event).encode())
    family = [int(number) for number in run.lines("family")[0].split()[1:]]
    assert len(family) == 4
    assert all(map(has_ended, family))


def test_a_signal_to_the_group_does_not_reach_the_caller(tmp_path: Path) -> None:
    source = f"""
        import os
        def handler(event, context):
            os.killpg(0, {signal.SIGTERM.value})
    """
    before = os.getpgid(0)
    [outcome] = invoke(configure(tmp_path, source), ANY).outcomes
    assert outcome.error_type == "Runtime.ExitError"
    assert os.getpgid(0) == before
