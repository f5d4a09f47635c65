"""Functions on our runtime, in real processes in the local Lambda, started by the wrapper script."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from tests.emulator.functions import ANY, Run, configure, invoke


def run_on_lambdakit(folder: Path, source: str, *payloads: bytes, **settings: Any) -> Run:
    return invoke(configure(folder, source, runtime="lambdakit", memory=512, **settings), *payloads)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("def handler(event, context): return {'got': event}", {"got": {"a": "ü"}}),
        ("async def handler(event, context): return [event['a']]", ["ü"]),
        ("from decimal import Decimal\ndef handler(event, context): return [Decimal('1.5'), Decimal(2)]", [1.5, 2]),
        ("def handler(event, context): return 'lone \\udc80'", "lone \udc80"),
        ("def handler(event, context): return b'[1]'", [1]),
    ],
)
def test_plain_handlers_answer(tmp_path: Path, source: str, result: object) -> None:
    run = run_on_lambdakit(tmp_path, source, json.dumps({"a": "ü"}).encode())

    assert run.outcomes[0].error_type is None
    assert run.results() == [result]


def test_the_context_tells_what_lambda_says(tmp_path: Path) -> None:
    source = """
        import os
        def handler(event, context):
            return [context.aws_request_id, context.function_name, context.get_remaining_time_in_millis(),
                    os.environ["_X_AMZN_TRACE_ID"], context.memory_limit_in_mb]
    """
    run = run_on_lambdakit(tmp_path, source, timeout=5)

    [[request_id, name, remaining, trace_id, memory]] = run.results()
    assert request_id == run.outcomes[0].report.request_id
    assert (name, memory) == ("function", "512")
    assert 3000 < remaining <= 5000
    assert trace_id.startswith("Root=1-")


@pytest.mark.parametrize(
    ("statement", "error_type", "message"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("raise BaseException('all')", "BaseException", "all"),
        ("sys.exit(3)", "Runtime.ExitError", "the handler called sys.exit(3); return or raise instead"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise GeneratorExit", "GeneratorExit", ""),
        ("raise MemoryError", "MemoryError", ""),
        ("return object()", "Runtime.MarshalError", "Unable to marshal response: "),
        ("return 'x' * 20_000_000", "Function.ResponseSizeTooLarge", "Response payload size exceeded"),
        ("again = handler; return handler(event, context)", "RecursionError", "maximum recursion depth exceeded"),
    ],
)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_whatever_a_handler_does_is_one_error_and_the_next_event_is_served(
    tmp_path: Path, kind: str, statement: str, error_type: str, message: str
) -> None:
    if kind == "async def" and "again" in statement:
        statement = "return await handler(event, context)"
    source = f"""
        import os, sys
        {kind} handler(event, context):
            if event:
                return os.getpid()
            {statement}
    """
    run = run_on_lambdakit(tmp_path, source, b"1", ANY, b"1", timeout=20)

    assert [outcome.error_type for outcome in run.outcomes] == [None, error_type, None]
    before, failure, after = run.results()
    assert failure["errorMessage"].startswith(message)
    assert before == after


@pytest.mark.parametrize("call", ["os.fork()", "os.fork() or 1 / 0"])
def test_a_forked_child_that_comes_back_does_not_answer(tmp_path: Path, call: str) -> None:
    source = f"""
        import os
        def handler(event, context):
            {call}
            return os.getpid()
    """
    run = run_on_lambdakit(tmp_path, source, ANY, ANY)

    assert [outcome.error_type for outcome in run.outcomes] == [None, None]
    assert len(set(map(str, run.results()))) == 1


def test_descriptors_that_are_used_up_are_reported_and_the_next_event_is_served(tmp_path: Path) -> None:
    source = """
        import os, resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        held = []
        def handler(event, context):
            if event:
                return "served"
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
    """
    run = run_on_lambdakit(tmp_path, source, ANY, b"1")

    assert [outcome.error_type for outcome in run.outcomes] == ["OSError", None]
    assert run.results()[1] == "served"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_reported_and_the_next_event_is_served(tmp_path: Path) -> None:
    source = """
        import os
        def handler(event, context):
            if not event:
                with open("/dev/full", "w") as file:
                    file.write("x" * 100_000)
            return os.getpid()
    """
    run = run_on_lambdakit(tmp_path, source, b"1", ANY, b"1", timeout=20)

    assert [outcome.error_type for outcome in run.outcomes] == [None, "OSError", None]
    assert "No space left on device" in run.results()[1]["errorMessage"]
    assert run.results()[0] == run.results()[2]


def test_a_second_answer_is_an_error_in_the_log_and_the_first_one_stands(tmp_path: Path) -> None:
    source = """
        import os
        class Twice:
            def __call__(self, event, context):
                pass
            async def serve_invocation(self, invocation):
                await invocation.respond(["first", os.getpid()])
                if not invocation.event:
                    await invocation.respond("second")
        handler = Twice()
    """
    run = run_on_lambdakit(tmp_path, source, ANY, b"1", timeout=20)

    assert run.results()[0] == run.results()[1]
    assert any("this event has its answer already" in line for line in run.log)


def test_an_async_handler_is_cut_off_before_the_deadline_and_the_environment_lives_on(tmp_path: Path) -> None:
    source = """
        import asyncio, os
        async def handler(event, context):
            await asyncio.sleep(60 if not event else 0)
            return os.getpid()
    """
    run = run_on_lambdakit(tmp_path, source, b"1", ANY, b"1", timeout=1)

    assert [outcome.error_type for outcome in run.outcomes] == [None, "Sandbox.Timedout", None]
    assert run.results()[0] == run.results()[2]
    assert run.outcomes[1].report.status == "success"


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_blocks_until_the_time_out_is_in_the_log(tmp_path: Path, kind: str) -> None:
    source = f"""
        import time
        def wait():
            time.sleep(60)
        {kind} handler(event, context):
            wait()
    """
    run = run_on_lambdakit(tmp_path, source, timeout=1)

    assert run.outcomes[0].error_type == "Sandbox.Timedout"
    [line] = [line for line in run.log if "keeps its thread busy" in line]
    assert line.rstrip().endswith("time.sleep(60)")


def test_an_event_loop_that_waits_is_no_busy_thread(tmp_path: Path) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(60)
    """
    run = run_on_lambdakit(tmp_path, source, timeout=1)

    assert run.outcomes[0].error_type == "Sandbox.Timedout"
    assert not [line for line in run.log if "keeps its thread busy" in line]


def test_a_decimal_that_json_would_round_is_refused(tmp_path: Path) -> None:
    source = """
        from decimal import Decimal
        def handler(event, context):
            return Decimal(event)
    """
    run = run_on_lambdakit(tmp_path, source, b'"19.99"', b'"12345678901234567890"', b'"0.1234567890123456789"')

    assert [outcome.error_type for outcome in run.outcomes] == [None, None, "Runtime.MarshalError"]
    assert [outcome.payload for outcome in run.outcomes[:2]] == [b"19.99", b"12345678901234567890"]


def test_what_was_printed_without_a_newline_is_in_the_log_whichever_thread_printed_it(tmp_path: Path) -> None:
    source = """
        import sys, threading
        def handler(event, context):
            thread = threading.Thread(target=lambda: print("from a thread", end=""))
            thread.start()
            thread.join()
            print("from the handler", end="")
            sys.stdout.buffer.write(b"as bytes\\n")
    """
    run = run_on_lambdakit(tmp_path, source)

    assert {"from a thread", "from the handler", "as bytes"} <= set(run.log)


def test_no_context_variable_of_one_invocation_is_seen_in_the_next(tmp_path: Path) -> None:
    source = """
        from contextvars import ContextVar
        who = ContextVar("who", default="nobody")
        def handler(event, context):
            before = who.get()
            who.set(event)
            return before
    """
    assert run_on_lambdakit(tmp_path, source, b'"alice"', b'"bob"').results() == ["nobody", "nobody"]


def test_a_print_and_a_log_call_are_one_record_each_whatever_newlines_they_hold(tmp_path: Path) -> None:
    source = """
        import logging
        def handler(event, context):
            print("one\\nREPORT RequestId: forged")
            logging.getLogger().warning("two\\nEND RequestId: forged")
    """
    run = run_on_lambdakit(tmp_path, source)

    assert "one\nREPORT RequestId: forged" in run.log
    assert [line for line in run.log if line.endswith("\ttwo\nEND RequestId: forged")]
    assert not run.lines("REPORT RequestId: forged")


STREAMING = """
    import asyncio
    from lambdakit.asgi import LambdaApp

    done = []

    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError("no lifespan")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        if scope["path"] == "/count":
            await send({"type": "http.response.body", "body": str(len(done)).encode()})
            return
        if scope["path"] == "/slow":
            for number in range(3):
                await send({"type": "http.response.body", "body": b"%d\\n" % number, "more_body": True})
                await asyncio.sleep(0.3)
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["path"] == "/broken":
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise ValueError("broke off")
        if scope["path"] == "/ever":
            while True:
                await send({"type": "http.response.body", "body": b"more", "more_body": True})
                await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b"answered"})
        await asyncio.sleep(0.5 if scope["path"] == "/background" else 60)
        done.append(scope["path"])

    handler = LambdaApp(app)
"""


class Clock:
    """Notes when each piece of an answer came, in seconds since it was made."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.pieces: list[tuple[float, bytes]] = []
        self.end_type: str | None = "never"

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        self.is_streamed = is_streamed

    async def receive(self, chunk: bytes) -> None:
        self.pieces.append((time.monotonic() - self.began, chunk))

    def end(self, error: Any) -> None:
        self.end_type = error.error_type if error else None


def make_event(path: str) -> bytes:
    from lambdakit.events import FORMATS, Request  # noqa: PLC0415 (only streams are HTTP here)

    request = Request("GET", path, path.encode(), b"", [(b"host", b"example.com")])
    return json.dumps(FORMATS["function-url"].encode_request(request)).encode()


def time_answers(configuration: FunctionConfiguration, *paths: str) -> tuple[list[Clock], list[float]]:
    """Return how each path's answer came, and how long each invocation took in seconds."""

    async def call_all() -> tuple[list[Clock], list[float]]:
        clocks: list[Clock] = []
        durations: list[float] = []
        async with Environment(configuration, log=print) as environment:
            for path in paths:
                clock = Clock()
                outcome = await environment.invoke(make_event(path), receiver=clock)
                clocks.append(clock)
                durations.append(outcome.report.duration_ms / 1000)
        return clocks, durations

    return asyncio.run(call_all())


def configure_streaming(folder: Path, **variables: str) -> FunctionConfiguration:
    return configure(folder, STREAMING, runtime="lambdakit", memory=512, timeout=2, variables=variables)


def test_pieces_of_a_response_go_out_as_the_app_sends_them(tmp_path: Path) -> None:
    configuration = configure_streaming(tmp_path, LAMBDAKIT_STREAMING="function-url")
    [_, clock], _ = time_answers(configuration, "/count", "/slow")

    prelude, *pieces = clock.pieces
    assert prelude[1].endswith(bytes(8))
    assert [piece for _, piece in pieces] == [b"0\n", b"1\n", b"2\n"]
    assert pieces[2][0] - pieces[0][0] > 0.5
    assert clock.end_type is None


def test_a_response_goes_out_before_the_work_after_it_and_the_work_ends(tmp_path: Path) -> None:
    clocks, durations = time_answers(configure_streaming(tmp_path), "/count", "/background", "/count")

    assert not any(clock.is_streamed for clock in clocks)
    [(answered, _)] = clocks[1].pieces
    assert durations[1] >= 0.5
    assert answered < durations[1] - 0.3
    assert json.loads(clocks[2].pieces[0][1])["body"] == "1"


def test_work_after_the_response_is_cut_off_before_the_deadline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clocks, durations = time_answers(configure_streaming(tmp_path), "/never-ends", "/count")

    assert json.loads(clocks[0].pieces[0][1])["body"] == "answered"
    assert durations[0] < 2
    assert json.loads(clocks[1].pieces[0][1])["body"] == "0"
    assert "was cut off just before the function's time-out" in capsys.readouterr().out


@pytest.mark.parametrize(("path", "error_type"), [("/broken", "ValueError"), ("/ever", "Sandbox.Timedout")])
def test_a_stream_that_breaks_off_says_so_in_its_trailers(tmp_path: Path, path: str, error_type: str) -> None:
    configuration = configure_streaming(tmp_path, LAMBDAKIT_STREAMING="function-url")
    [clock, after], _ = time_answers(configuration, path, "/count")

    assert clock.end_type == error_type
    assert after.end_type is None


def test_the_wrapper_script_is_executable() -> None:
    import lambdakit  # noqa: PLC0415 (its folder is what is asked for)

    script = Path(lambdakit.__file__).with_name("runtime") / "bootstrap"
    assert os.access(script, os.X_OK)
