import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdakit.observability import AccessLog, setup
from lambdakit.observability.current import Current, current

pytestmark = pytest.mark.usefixtures("fresh")
logger = logging.getLogger("shop")


class Call:
    """A request to an ASGI app, and what became of it."""

    def __init__(self, app: Any, path: str = "/", **scope: Any) -> None:
        self._app = app
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "method": "GET",
            "path": path,
            "raw_path": b"/",
            "query_string": b"",
            "headers": [],
            "root_path": "",
            "scheme": "http",
            "server": ("shop", 80),
            **scope,
        }
        self.body = b""
        self.sent: list[dict[str, Any]] = []
        self.disconnects = asyncio.Event()
        self.sends: Callable[[dict[str, Any]], None] = self.sent.append
        self._is_read = False

    async def run(self) -> None:
        await self._app(self.scope, self.receive, self._send)

    async def receive(self) -> dict[str, Any]:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.disconnects.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.sends(message)

    def header(self, name: str) -> str | None:
        return dict(self.sent[0]["headers"]).get(name.encode(), b"").decode() or None


def call(app: Any, path: str = "/", **scope: Any) -> Call:
    made = Call(app, path, **scope)
    asyncio.run(made.run())
    return made


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


Lines = Callable[[], list[dict[str, Any]]]


def make_app(**options: Any) -> FastAPI:
    app = FastAPI()
    app.add_middleware(AccessLog, **options)

    @app.get("/items/{number}")
    async def item(number: int) -> int:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        logger.info("looking")
        return number

    @app.get("/def")
    def plain() -> None:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        logger.info("in a thread")

    @app.get("/stream")
    async def stream() -> StreamingResponse:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first"
            logger.info("between")
            yield b"last"

        return StreamingResponse(chunks())

    @app.get("/after")
    async def after(tasks: BackgroundTasks) -> None:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        tasks.add_task(logger.info, "after the answer")

    @app.api_route("/fail", methods=["GET", "POST"])
    async def fail(request: Request) -> None:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        raise RuntimeError(f"cannot use {await request.body()!r}")

    return app


def test_a_request_is_one_line_and_its_ids_are_on_the_lines_of_the_app(lines: Lines) -> None:
    done = call(make_app(), "/items/7", headers=[(b"x-correlation-id", b"caller-1")], query_string=b"page=2")
    looking, request = lines()
    assert {**request, "timestamp": "", "location": "", "duration_ms": 0, "first_byte_ms": 0} == {
        "level": "INFO",
        "location": "",
        "message": "request",
        "timestamp": "",
        "service": "service_undefined",
        "method": "GET",
        "path": "/items/7",
        "route": "/items/{number}",
        "status": 200,
        "bytes_out": 1,
        "duration_ms": 0,
        "first_byte_ms": 0,
        "cold_start": True,
        "correlation_id": "caller-1",
        "function_request_id": looking["function_request_id"],
    }
    assert request["duration_ms"] >= request["first_byte_ms"] > 0
    assert (looking["message"], looking["correlation_id"], looking["cold_start"]) == ("looking", "caller-1", True)
    assert done.header("x-correlation-id") == "caller-1"


def test_only_the_first_request_of_a_process_is_a_cold_start(lines: Lines) -> None:
    app = make_app()
    call(app, "/items/1")
    call(app, "/items/2")
    assert [line["cold_start"] for line in lines()] == [True, True, False, False]


@pytest.mark.parametrize(
    "sent", [b"", b"a b", b'x"y', b"\n", b"<script>", b"-begins", b"x" * 129, b"caf\xc3\xa9", b'"}\r\n{"level":"ERROR"']
)
def test_a_correlation_id_of_another_shape_is_replaced(lines: Lines, sent: bytes) -> None:
    done = call(make_app(), "/items/1", headers=[(b"x-correlation-id", sent)])
    made = done.header("x-correlation-id")
    assert UUID(made)
    assert {line["correlation_id"] for line in lines()} == {made}


def test_the_first_header_that_holds_an_id_is_taken_and_the_first_name_answers(lines: Lines) -> None:
    app = make_app(correlation_headers=("X-Trace", "X-Request-ID"))
    done = call(app, "/items/1", headers=[(b"x-request-id", b"second"), (b"x-trace", b"no good")])
    assert lines()[0]["correlation_id"] == "second"
    assert done.header("x-trace") == "second"


def test_an_id_that_the_app_has_set_itself_stays(lines: Lines) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"X-Correlation-ID", b"own")]})
        await send({"type": "http.response.body"})

    done = call(AccessLog(app))
    assert [value for _, value in done.sent[0]["headers"]] == [b"own"]
    assert lines()[0]["status"] == 204


def test_a_route_that_runs_in_a_thread_and_work_after_the_answer_have_the_ids(lines: Lines) -> None:
    app = make_app()
    call(app, "/def", headers=[(b"x-request-id", b"a")])
    call(app, "/after", headers=[(b"x-request-id", b"b")])
    assert [(line["message"], line["correlation_id"]) for line in lines()] == [
        ("in a thread", "a"),
        ("request", "a"),
        ("request", "b"),
        ("after the answer", "b"),
    ]


def test_a_stream_is_logged_at_its_end_with_the_time_to_its_first_byte(lines: Lines) -> None:
    done = call(make_app(), "/stream")
    assert [line["message"] for line in lines()] == ["between", "request"]
    assert b"".join(message.get("body", b"") for message in done.sent) == b"firstlast"


def test_no_route_is_no_field(lines: Lines) -> None:
    call(make_app(), "/nothing")
    [line] = lines()
    assert (line["status"], line["level"], line["path"]) == (404, "INFO", "/nothing")
    assert "route" not in line
    assert "failed_with" not in line
    assert "aborted" not in line


def test_an_app_that_raises_is_logged_as_an_error_whatever_the_sampling(lines: Lines) -> None:
    setup(sampling=0)
    app = make_app()
    with pytest.raises(RuntimeError):
        call(app, "/fail")
    call(app, "/items/1")
    failed, looking = lines()
    assert (failed["level"], failed["status"], failed["failed_with"]) == ("ERROR", 500, "RuntimeError")
    assert looking["message"] == "looking"


def test_what_the_server_says_of_the_exception_has_the_ids_and_no_secrets(lines: Lines) -> None:
    async def serve() -> None:
        made = Call(make_app(), "/fail", method="POST", headers=[(b"x-request-id", b"a")])
        made.body = b'{"password": "swordfish", "user": "marvin"}'
        try:
            await made.run()
        except RuntimeError:
            logger.exception("Exception in ASGI application")

    asyncio.run(serve())
    request, report = lines()
    assert request["correlation_id"] == report["correlation_id"] == "a"
    assert "swordfish" not in json.dumps(report)
    assert "marvin" in report["exception"]


def test_the_ids_end_with_the_request(lines: Lines) -> None:
    async def serve() -> None:
        await Call(make_app(), "/items/1").run()
        logger.info("outside")

    asyncio.run(serve())
    assert "correlation_id" not in lines()[-1]


def test_a_share_of_the_requests_is_logged(lines: Lines) -> None:
    setup(sampling=0.25)
    app = make_app()
    for _ in range(400):
        call(app, "/nothing")
    # 0.25 of 400, give or take more than six standard deviations.
    assert 40 < len(lines()) < 160


def test_a_client_that_hangs_up_is_no_error(lines: Lines) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body"})

    async def hang_up() -> None:
        made = Call(AccessLog(app))
        made.disconnects.set()
        await made.run()

    asyncio.run(hang_up())
    [line] = lines()
    assert (line["aborted"], line["level"]) == (True, "INFO")


def test_a_send_that_fails_is_an_aborted_request(lines: Lines) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def refuse(_: dict[str, Any]) -> None:
        raise OSError("client disconnected")

    async def hang_up() -> None:
        made = Call(AccessLog(app))
        made.sends = refuse
        with pytest.raises(OSError, match="client disconnected"):
            await made.run()

    asyncio.run(hang_up())
    [line] = lines()
    assert (line["aborted"], line["failed_with"], line["level"]) == (True, "OSError", "INFO")


def test_waiting_for_the_end_of_a_complete_answer_is_no_abort(lines: Lines) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        waiting = asyncio.create_task(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
        await waiting

    async def complete() -> None:
        made = Call(AccessLog(app))
        made.sends = lambda message: made.disconnects.set() if message["type"] == "http.response.body" else None
        await made.run()

    asyncio.run(complete())
    assert "aborted" not in lines()[0]


def test_a_send_that_is_cancelled_by_the_end_of_the_answer_has_ended_it(lines: Lines) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sending = asyncio.create_task(send({"type": "http.response.body", "body": b"all"}))
        await asyncio.sleep(0)
        sending.cancel()
        await asyncio.wait([sending])
        logger.info("after the answer")

    async def serve() -> None:
        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        made = Call(None)
        await AccessLog(app)(made.scope, made.receive, send)

    asyncio.run(serve())
    request, after = lines()
    assert (request["message"], request["status"], request["bytes_out"]) == ("request", 200, 3)
    assert "aborted" not in request
    assert after["message"] == "after the answer"


def test_an_app_that_answers_nothing_is_an_error(lines: Lines) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    call(AccessLog(app))
    [line] = lines()
    assert line["level"] == "ERROR"
    assert "status" not in line


def test_other_scopes_pass_through(lines: Lines) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    call(AccessLog(app), type="lifespan")
    call(AccessLog(app), type="websocket")
    assert (seen, lines()) == (["lifespan", "websocket"], [])


def test_the_invocation_gives_the_request_id_the_trace_and_the_cold_start(lines: Lines) -> None:
    async def serve() -> None:
        current.set(Current("request-1", trace_id="Root=1-2-3;Sampled=1", tenant_id="blue", is_cold_start=False))
        await Call(make_app(), "/items/1").run()

    asyncio.run(serve())
    for line in lines():
        assert (line["function_request_id"], line["xray_trace_id"]) == ("request-1", "1-2-3")
        assert (line["tenant_id"], line["cold_start"]) == ("blue", False)


class Context:
    aws_request_id = "request-2"

    def get_remaining_time_in_millis(self) -> int:
        return 2900


def test_lambdas_context_gives_the_request_id_and_the_remaining_time(lines: Lines) -> None:
    call(make_app(), "/items/1", **{"aws.context": Context()})
    looking, request = lines()
    assert (looking["function_request_id"], request["function_request_id"]) == ("request-2", "request-2")
    assert request["remaining_ms"] == 2900


def test_each_request_has_its_own_metrics(lines: Lines) -> None:
    metrics = setup(service="shop").metrics

    async def app(scope: Any, receive: Any, send: Any) -> None:
        metrics.add_dimension("path", scope["path"])
        for number in (1, 2):
            await asyncio.sleep(0)
            metrics.add_metric("orders", "Count", number)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def serve() -> None:
        logged = AccessLog(app)
        await asyncio.gather(*(Call(logged, f"/{number}").run() for number in range(16)))

    asyncio.run(serve())
    written = [line for line in lines() if "_aws" in line]
    assert {line["path"] for line in written} == {f"/{number}" for number in range(16)}
    assert [line["orders"] for line in written] == [[1.0, 2.0]] * 16


def test_metrics_that_cannot_be_written_do_not_fail_the_request(lines: Lines) -> None:
    metrics = setup(service="shop").metrics

    async def app(scope: Any, receive: Any, send: Any) -> None:
        metrics.add_metric("orders", "Count", 1)
        metrics.add_metadata("order", object())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    call(AccessLog(app))
    request, report = lines()
    assert (request["status"], report["exception_name"]) == (200, "TypeError")


def test_the_ids_of_concurrent_requests_never_mix(lines: Lines) -> None:
    app = FastAPI()
    app.add_middleware(AccessLog)
    barrier = asyncio.Barrier(16)

    @app.get("/{name}")
    async def step(name: str) -> None:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        await barrier.wait()
        for _ in range(3):
            logger.info("async", extra={"name_seen": name})
            await asyncio.sleep(0)
            await asyncio.to_thread(logger.info, "thread", extra={"name_seen": name})
        setup().logger.info("powertools", name_seen=name)

    async def serve() -> None:
        calls = [Call(app, f"/r{each}", headers=[(b"x-request-id", f"r{each}".encode())]) for each in range(16)]
        await asyncio.gather(*(each.run() for each in calls))

    asyncio.run(serve())
    written = lines()
    assert len(written) == 16 * 8
    assert all(line["correlation_id"] == (line.get("name_seen") or line["path"][1:]) for line in written)
    assert len({(line["correlation_id"], line["function_request_id"]) for line in written}) == 16


HOSTILE = st.text(max_size=60) | st.sampled_from(['\n{"level":"ERROR"}', "\u2028", "\x1b[2J", "\ud800", "\0", '"}'])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=HOSTILE, header=HOSTILE, message=HOSTILE)
def test_nothing_that_a_caller_sends_forges_a_line(
    capsys: pytest.CaptureFixture[str], path: str, header: str, message: str
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        logger.info(message, extra={"header": header, "said": {header: message}})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    raw = header.encode("latin-1", "replace")
    call(AccessLog(app), path, headers=[(b"x-request-id", raw), (b"user-agent", raw)])
    written = capsys.readouterr().out
    assert len(written.splitlines()) == 2
    said, request = map(json.loads, written.splitlines())
    assert (said["level"], request["level"], request["message"]) == ("INFO", "INFO", "request")
