import asyncio
import json
import subprocess
import sys
from pathlib import Path

from lambdakit.emulator.launching.place import STAND_IN
from lambdakit.emulator.runtime_api.listener import Listener, Reply, Request
from tests.emulator.functions import ANY, AWSLAMBDARIC, configure, invoke, make_interpreter

SOURCE = """
    import runtime_client
    def handler(event, context):
        if event == "raise":
            raise ValueError("nö\\nline two")
        if event == "large":
            return "x" * 6_291_555
        return [event, runtime_client.__file__, context.client_context, context.get_remaining_time_in_millis() > 0]
"""


def test_it_takes_the_place_of_the_native_client(tmp_path: Path) -> None:
    configuration = configure(tmp_path, SOURCE, variables={"PYTHONPATH": str(STAND_IN)})
    run = invoke(configuration, b'"one"', '"zwö"'.encode(), b'"raise"', b'"large"', b'"again"')
    file = str(STAND_IN / "runtime_client.py")
    assert [run.results()[index] for index in (0, 1, 4)] == [
        [text, file, None, True] for text in ("one", "zwö", "again")
    ]
    errors = [outcome.error_type for outcome in run.outcomes]
    assert errors == [None, None, "ValueError", "Function.ResponseSizeTooLarge", None]
    assert run.results()[2]["errorMessage"] == "nö\nline two"


def test_it_is_used_where_the_native_client_is_missing(tmp_path: Path) -> None:
    python = make_interpreter(tmp_path / "mac", *AWSLAMBDARIC)
    run = invoke(configure(tmp_path, SOURCE, python=python, variables={"PYTHONPATH": "/mine"}), b'"one"')
    assert run.results() == [["one", str(STAND_IN / "runtime_client.py"), None, True]]


def test_it_sends_what_the_native_client_sends() -> None:
    received: list[Request] = []
    bodies: list[bytes] = []
    event = Reply(200, b"{}", {"content-type": "application/json", "lambda-runtime-aws-request-id": "id"})

    async def answer(request: Request) -> Reply:
        received.append(request)
        bodies.append((await request.read(100))[0])
        return event if request.method == "GET" else Reply(202, b"")

    script = """
import json, runtime_client
runtime_client.initialize_client("aws-lambda-python/test")
print(json.dumps(runtime_client.next()[1]))
runtime_client.post_invocation_result("id", b"\\x00", "application/unknown", "echo")
runtime_client.post_error("id", '{"errorType": "Ü"}', '{"cause": "Ü"}', None)
"""

    async def run_script() -> str:
        async with Listener(answer, lambda _, reason: Reply(400, reason.encode())) as listener:
            variables = {"AWS_LAMBDA_RUNTIME_API": listener.address, "PYTHONPATH": str(STAND_IN)}
            run = [sys.executable, "-c", script]
            done = await asyncio.to_thread(
                subprocess.run, run, env=variables, capture_output=True, text=True, check=True, timeout=30
            )
            return done.stdout

    headers = json.loads(asyncio.run(run_script()))
    assert headers["Lambda-Runtime-Aws-Request-Id"] == "id"
    assert (headers["Content-Type"], headers["Lambda-Runtime-Client-Context"]) == ("application/json", None)
    following, result, error = received
    assert (following.method, following.path) == ("GET", "/2018-06-01/runtime/invocation/next")
    assert {request.headers["user-agent"] for request in received} == {"aws-lambda-python/test"}
    assert (result.path, bodies[1]) == ("/2018-06-01/runtime/invocation/id/response", b"\0")
    assert result.headers["content-type"] == "application/unknown"
    assert result.headers["lambda-runtime-invocation-id"] == "echo"
    assert (error.path, bodies[2]) == ("/2018-06-01/runtime/invocation/id/error", '{"errorType": "Ü"}'.encode())
    assert "lambda-runtime-invocation-id" not in error.headers
    assert error.headers["lambda-runtime-function-xray-error-cause"].encode("latin-1").decode() == '{"cause": "Ü"}'


def test_a_refusal_is_an_error_that_names_the_status(tmp_path: Path) -> None:
    source = """
        import runtime_client
        def handler(event, context):
            try:
                runtime_client.post_invocation_result("other", b"1", "application/json", None)
            except RuntimeError as error:
                return str(error)
    """
    run = invoke(configure(tmp_path, source, variables={"PYTHONPATH": str(STAND_IN)}), ANY)
    assert "Failed to post other/response. Http response code: 400." in run.results()[0]
