import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cli.commands import invoke_local

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

DECLARATION = f"""
[tool.lambdakit]
python = "{PYTHON}"

[tool.lambdakit.functions.web]
handler = "lambdakit.asgi.handler.handler"
http = {{ auth = "none", via = "http-api" }}
environment = {{ LAMBDAKIT_APP = "shop:create_app", STAGE = "dev" }}

[tool.lambdakit.functions.worker]
handler = "shop.work"

[tool.lambdakit.functions.failing]
handler = "shop.fail"

[tool.lambdakit.functions.refused]
handler = "shop.answer_badly"
http = {{ auth = "none", via = "rest-api" }}
"""

SHOP = """
import os
import time

from fastapi import FastAPI, HTTPException, Request, Response


def create_app():
    app = FastAPI()
    count = 0

    @app.get("/items/{name}")
    def show(name: str, limit: int = 10) -> dict[str, object]:
        print("showing", name)
        return {"name": name, "limit": limit}

    @app.post("/items")
    async def store(request: Request) -> Response:
        return Response(await request.body(), 201, {"x-shop": "ä".encode().decode("latin-1")}, "application/x-copy")

    @app.get("/missing")
    def miss() -> None:
        raise HTTPException(404)

    @app.get("/environment")
    def environment() -> dict[str, str | None]:
        return {name: os.environ.get(name) for name in ("STAGE", "EXTRA", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")}

    @app.get("/count")
    def counted() -> int:
        nonlocal count
        count += 1
        return count

    return app


def work(event, context):
    return {"got": event, "function": context.function_name}


def fail(event, context):
    raise ValueError("first line\\nsecond line")


def answer_badly(event, context):
    return {"body": 1}


def wait(event, context):
    print("waiting in", os.getpid(), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(DECLARATION)
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    return tmp_path


def test_an_http_call_prints_the_body_alone(shop: Path) -> None:
    done = invoke_local(shop, "web", "GET", "/items/t%C3%A9a?limit=5")

    assert (done.code, done.stdout) == (0, '{"name":"téa","limit":5}'.encode())
    assert done.stderr.splitlines()[-1] == "HTTP 200 application/json 25 bytes"
    assert "showing téa" in done.stderr.splitlines()
    assert "REPORT RequestId: " in done.stderr
    assert done.messages == []


def test_an_app_needs_no_declaration(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")

    done = invoke_local(tmp_path, "shop:create_app", "GET", "/items/tea")

    assert (done.code, done.stdout) == (0, b'{"name":"tea","limit":10}')


def test_an_app_is_looked_for_in_the_working_folder_whatever_is_declared_above_it(shop: Path) -> None:
    below = shop / "below"
    below.mkdir()
    (below / "own.py").write_text((shop / "shop.py").read_text())

    done = invoke_local(below, "own:create_app", "GET", "/items/tea", "--via", "alb")

    assert (done.code, done.stdout) == (0, b'{"name":"tea","limit":10}')


def test_status_and_headers_come_before_the_body_on_demand(shop: Path) -> None:
    done = invoke_local(shop, "web", "POST", "/items", "--json", '{"a": 1}', "--include")

    head, _, body = done.stdout.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    assert (done.code, status, body) == (0, b"HTTP/1.1 201 Created", b'{"a": 1}')
    assert "x-shop: ä".encode() in headers
    assert b"content-type: application/x-copy" in headers


def test_bytes_reach_standard_output_unchanged(shop: Path) -> None:
    done = invoke_local(shop, "web", "POST", "/items", "--data", "-", stdin=bytes(range(256)))

    assert (done.code, done.stdout) == (0, bytes(range(256)))


def test_the_whole_result_is_printed_on_demand(shop: Path) -> None:
    done = invoke_local(shop, "web", "GET", "/items/tea", "--raw")

    result = json.loads(done.stdout)
    assert (done.code, result["statusCode"], result["body"]) == (0, 200, '{"name":"tea","limit":10}')
    assert done.stdout.endswith(b"}\n")


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--fail",), 1)])
def test_an_error_status_fails_on_demand(shop: Path, options: tuple[str, ...], code: int) -> None:
    done = invoke_local(shop, "web", "GET", "/missing", *options)

    assert (done.code, done.stdout) == (code, b'{"detail":"Not Found"}')


def test_an_event_prints_the_result(shop: Path) -> None:
    done = invoke_local(shop, "worker", "--event", "-", stdin='{"job": "ä"}'.encode())

    assert (done.code, json.loads(done.stdout)) == (0, {"got": {"job": "ä"}, "function": "worker"})
    assert done.stdout.endswith(b"}\n")


def test_a_failing_function_is_exit_code_1_and_one_line(shop: Path) -> None:
    done = invoke_local(shop, "failing", "-e", "-", stdin=b"null")

    assert done.code == 1
    assert json.loads(done.stdout)["errorType"] == "ValueError"
    failure = "the function failing failed in its invoke phase: ValueError: first line second line"
    assert done.messages == [f"toolkit: {failure} (in shop.py:43)"]


def test_a_result_that_the_service_refuses_is_shown_on_standard_error(shop: Path) -> None:
    done = invoke_local(shop, "refused", "GET", "/")

    (message,) = done.messages
    assert (done.code, done.stdout) == (1, b"")
    assert '{"body": 1}' in done.stderr.splitlines()
    assert "statusCode" in message
    assert "rest-api" in message


def test_options_override_the_declaration(shop: Path) -> None:
    (shop / "local.env").write_text("STAGE=test\n# a comment\nEXTRA='a b'\n")

    done = invoke_local(shop, "web", "GET", "/environment", "--env-file", "local.env", "--memory", "256")

    assert done.code == 0
    assert json.loads(done.stdout) == {"STAGE": "test", "EXTRA": "a b", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"}


def test_a_time_out_can_be_shortened(shop: Path) -> None:
    done = invoke_local(shop, "shop:wait", "GET", "/", "--timeout", "0.5")

    (message,) = done.messages
    assert done.code == 1
    assert "Sandbox.Timedout" in message
    assert message.endswith("Task timed out after 0.50 seconds")


def test_repeated_calls_reach_one_environment_and_are_measured(shop: Path) -> None:
    done = invoke_local(shop, "web", "GET", "/count", "--repeat", "5")

    assert (done.code, done.stdout) == (0, b"5")
    cold, warm = [line for line in done.stderr.splitlines() if line.startswith(("cold: ", "warm: "))]
    assert " ms and init " in cold
    assert warm.endswith(" ms, 4 requests")


def test_repetition_ends_with_the_first_failure(shop: Path) -> None:
    done = invoke_local(shop, "failing", "-e", "-", "--repeat", "5", stdin=b"null")

    assert (done.code, len(done.messages), done.stderr.count("REPORT RequestId: ")) == (1, 1, 1)


def test_another_python_version_than_the_declared_one_is_noted(shop: Path) -> None:
    declared = "3.14" if PYTHON == "3.13" else "3.13"
    path = shop / "pyproject.toml"
    path.write_text(DECLARATION.replace(f'python = "{PYTHON}"', f'python = "{declared}"'))

    done = invoke_local(shop, "worker", "-e", "-", stdin=b"{}")

    assert (
        done.stderr.splitlines()[0] == f"note: on Lambda this function gets Python {declared}, this run uses {PYTHON}"
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_function_too(shop: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "lambdakit", "invoke-local", "shop:wait", "GET", "/", "--timeout", "60"]
    with subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        waiting = next(line for line in process.stderr if line.startswith(b"waiting in"))
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (code, b"")
    assert b"Traceback" not in err
    assert not psutil.pid_exists(int(waiting.split()[-1]))


def run_in_a_shell(folder: Path, redirection: str) -> subprocess.CompletedProcess[str]:
    command = f"{sys.executable} -m lambdakit invoke-local shop:create_app GET /items/tea {redirection}"
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_cannot_be_written_is_one_line(shop: Path) -> None:
    done = run_in_a_shell(shop, ">/dev/full")

    assert done.returncode == 2
    assert "toolkit: standard output cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_output_is_one_line(shop: Path) -> None:
    done = run_in_a_shell(shop, ">&-")

    assert done.returncode == 2
    assert "toolkit: standard output is closed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_log_keeps_the_answer(shop: Path) -> None:
    done = run_in_a_shell(shop, "2>&-")

    assert (done.returncode, done.stdout) == (0, '{"name":"tea","limit":10}')


def test_a_reader_that_goes_away_is_no_error(shop: Path) -> None:
    done = run_in_a_shell(shop, "| true")

    assert done.returncode == 141
    assert "Traceback" not in done.stderr


def test_body_and_log_in_one_file_do_not_share_a_line(shop: Path) -> None:
    done = run_in_a_shell(shop, "2>&1")

    assert done.stdout.splitlines()[-2:] == ['{"name":"tea","limit":10}', "HTTP 200 application/json 25 bytes"]


def test_a_function_that_takes_more_memory_than_it_has_fails(shop: Path) -> None:
    source = "import time\ndef handler(event, context):\n    taken = b'x' * 200_000_000\n    time.sleep(20)\n"
    (shop / "large.py").write_text(source)

    done = invoke_local(shop, "large:handler", "-e", "-", "--memory", "128", stdin=b"null")

    [message] = done.messages
    assert (done.code, json.loads(done.stdout)["errorType"]) == (1, "Runtime.OutOfMemory")
    assert message.startswith("toolkit: the function large-handler failed in its invoke phase: Runtime.OutOfMemory: ")


def test_an_exception_of_the_same_name_as_one_of_ours_is_the_functions_own(shop: Path) -> None:
    (shop / "own.py").write_text("class OptionError(Exception): pass\nraise OptionError('no database')\n")

    done = invoke_local(shop, "own:app", "GET", "/")

    assert (done.code, json.loads(done.stdout)["errorMessage"]) == (1, "no database")


def test_a_failure_names_the_last_line_of_the_users_own_code(shop: Path) -> None:
    (shop / "settings.py").write_text("import os\nos.environ['NOT_SET_ANYWHERE']\n")
    (shop / "own.py").write_text("import json\nimport settings\n")

    done = invoke_local(shop, "own:app", "GET", "/")

    assert done.messages[-1].endswith("KeyError: 'NOT_SET_ANYWHERE' (in settings.py:2)")


def test_a_declared_log_format_and_level_are_used(shop: Path) -> None:
    declared = 'handler = "shop.work"\nlog_format = "JSON"\nsystem_log_level = "DEBUG"\n'
    (shop / "pyproject.toml").write_text(DECLARATION.replace('handler = "shop.work"\n', declared))

    done = invoke_local(shop, "worker", "-e", "-", stdin=b"null")

    types = [json.loads(line)["type"] for line in done.stderr.splitlines() if line.startswith("{")]
    assert types[:3] == ["platform.initStart", "platform.initRuntimeDone", "platform.initReport"]
    assert types[3:] == ["platform.start", "platform.runtimeDone", "platform.report"]


def test_a_mistake_is_one_line_in_json_logs_too(shop: Path) -> None:
    declared = 'handler = "nowhere.work"\nlog_format = "JSON"\n'
    (shop / "pyproject.toml").write_text(DECLARATION.replace('handler = "shop.work"\n', declared))

    done = invoke_local(shop, "worker", "-e", "-", stdin=b"null")

    assert (done.code, len(done.messages), "platform.initReport" in done.stderr) == (2, 1, False)
