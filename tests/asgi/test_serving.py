"""`LambdaApp` under our runtime, with an invocation that keeps what it is given; processes are in tests/runtime."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any, cast

import pytest

from lambdakit import settings
from lambdakit.asgi import LambdaApp, serving
from lambdakit.asgi.types import Message, Receive, Scope, Send
from lambdakit.coldstart import hooks
from lambdakit.errors import UnhandledEvent
from lambdakit.events import FORMATS, Response
from lambdakit.runtime import hosting, loop
from lambdakit.runtime.invocation import Invocation
from lambdakit.runtime.loop import MainLoop
from tests.asgi.apps import Deadline, answered_lifespan, answering, header, make_event

URL = FORMATS["function-url"]


class KeptStream:
    """A stream that keeps its pieces, up to the one at which its reader goes away."""

    def __init__(self, *, pieces_until_gone: int) -> None:
        self.pieces: list[bytes] = []
        self.end_type: str | None = "never"
        self._left = pieces_until_gone

    async def send(self, chunk: bytes) -> None:
        await asyncio.sleep(0)
        if self._left == 0:
            raise ConnectionError("the response is no longer read")
        self._left -= 1
        self.pieces.append(chunk)

    async def end(self) -> None:
        self.end_type = None

    async def fail(self, error_type: str, error: BaseException | str) -> None:
        self.end_type = error_type


class KeptInvocation:
    """An invocation that keeps its answer."""

    def __init__(self, event: Any, *, milliseconds: int = 10_000, pieces_until_gone: int = -1) -> None:
        self.event = event
        self.context = Deadline(milliseconds)
        self.results: list[Any] = []
        self.kept = KeptStream(pieces_until_gone=pieces_until_gone)

    async def respond(self, result: Any) -> None:
        await asyncio.sleep(0)
        self.results.append(result)

    async def stream(self, content_type: str) -> KeptStream:
        assert content_type == "application/vnd.awslambda.http-integration-response"
        return self.kept

    @property
    def response(self) -> Response:
        if self.results:
            [result] = self.results
            return URL.decode_response(result)
        return URL.decode_stream(b"".join(self.kept.pieces))


@pytest.fixture(autouse=True)
def _hosting(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:  # pyright: ignore[reportUnusedFunction] (pytest calls it)
    """Let this process be one that our runtime runs, and end it as that does."""
    monkeypatch.setattr(hosting, "_is_hosting", [True])
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setattr(loop, "_hosted", [])
    for kind in ("_before", "_after", "_shutdown"):
        monkeypatch.setattr(hooks, kind, [])
    yield
    for hook in hooks.shutdown_hooks():
        hook()
    hosted().close()


def hosted() -> MainLoop:
    found = loop.hosted_loop()
    assert found is not None
    return found


def serve(app: object, invocation: KeptInvocation, **options: Any) -> KeptInvocation:
    handler = LambdaApp(app, **options)
    hosted().run(handler.serve_invocation(cast("Invocation", invocation)), seconds=20)
    return invocation


@pytest.fixture(params=["buffered", "streamed"])
def is_streamed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param == "streamed":
        monkeypatch.setenv(settings.STREAMING, "function-url")
    return request.param == "streamed"


def app_that(work: Callable[[Receive, Send], Awaitable[None]]) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not await answered_lifespan(scope, receive, send):
            await work(receive, send)

    return app


def start(status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]}


def body(content: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


@pytest.mark.parametrize(
    ("status", "method", "content"),
    [(200, "GET", b"one two three"), (404, "GET", b"one two three"), (200, "HEAD", b""), (204, "GET", b"")],
)
def test_a_response_is_the_same_streamed_or_not(is_streamed: bool, status: int, method: str, content: bytes) -> None:
    app = answering(b"three", status=status, chunks=(b"one ", b"two "), headers=[(b"x-it", b"1")])
    invocation = serve(app, KeptInvocation(make_event("/", method=method)))

    assert (invocation.response.status, invocation.response.body) == (status, content)
    assert header(invocation.response, b"x-it") == b"1"
    assert bool(invocation.results) is not is_streamed


def test_the_answer_is_out_before_the_app_ends(is_streamed: bool) -> None:
    seen: list[bool] = []
    invocation = KeptInvocation(make_event())

    async def work(receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"done"))
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"
        seen.append(bool(invocation.results) or invocation.kept.end_type is None)

    serve(app_that(work), invocation)

    assert seen == [True]


def test_pieces_go_out_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.STREAMING, "function-url")
    invocation = serve(answering(b"", chunks=(b"one", b"", b"two")), KeptInvocation(make_event()))

    assert invocation.kept.pieces[1:] == [b"one", b"two"]


def test_only_the_source_that_streams_is_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.STREAMING, "rest-api")

    assert serve(answering(b"whole"), KeptInvocation(make_event())).results


def test_an_app_that_fails_before_its_response_is_a_500(is_streamed: bool) -> None:
    async def work(receive: Receive, send: Send) -> None:
        raise ValueError("no")

    response = serve(app_that(work), KeptInvocation(make_event())).response

    assert (response.status, response.body) == (500, b"Internal Server Error")


@pytest.mark.parametrize("is_raised", [True, False])
def test_an_app_that_breaks_off_is_a_500_or_the_end_of_its_stream(is_streamed: bool, is_raised: bool) -> None:
    async def work(receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"half", more=True))
        if is_raised:
            raise ValueError("no")

    invocation = serve(app_that(work), KeptInvocation(make_event()))

    if is_streamed:
        assert invocation.kept.end_type == ("ValueError" if is_raised else "RuntimeError")
        assert invocation.kept.pieces[1:] == [b"half"]
    else:
        assert invocation.response.status == 500


def test_an_app_that_is_late_is_a_504_or_the_end_of_its_stream(is_streamed: bool) -> None:
    async def late(receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def half(receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"half", more=True))
        await asyncio.Event().wait()

    response = serve(app_that(late), KeptInvocation(make_event(), milliseconds=200)).response
    assert response.status == 504
    invocation = serve(app_that(half), KeptInvocation(make_event(), milliseconds=200))
    if is_streamed:
        assert invocation.kept.end_type == "Sandbox.Timedout"
    else:
        assert invocation.response.status == 504


def test_work_after_the_response_has_no_limit_of_its_own(is_streamed: bool) -> None:
    ended: list[bool] = []

    async def work(receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"done"))
        await asyncio.sleep(0.3)
        ended.append(True)

    invocation = serve(app_that(work), KeptInvocation(make_event(), milliseconds=200))

    assert ended == [True]
    assert invocation.response.status == 200


def test_a_response_over_the_limit_is_a_500_or_the_end_of_its_stream(
    is_streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "STREAM_LIMIT", 1000)
    large = b"x" * (2000 if is_streamed else 7_000_000)

    invocation = serve(answering(large), KeptInvocation(make_event()))
    assert invocation.response.status == 500
    invocation = serve(answering(large, chunks=(b"first",)), KeptInvocation(make_event()))
    if is_streamed:
        assert invocation.kept.end_type == "Function.ResponseSizeTooLarge"


def test_an_app_whose_client_is_gone_is_told_and_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.STREAMING, "function-url")
    seen: list[str] = []

    async def work(receive: Receive, send: Send) -> None:
        await send(start())
        await receive()
        for _ in range(4):
            await send(body(b"piece", more=True))
        seen.append((await receive())["type"])

    invocation = serve(app_that(work), KeptInvocation(make_event(), pieces_until_gone=2))

    assert seen == ["http.disconnect"]
    assert invocation.kept.pieces[1:] == [b"piece"]


def test_other_events_are_answered_when_all_work_on_them_has_ended() -> None:
    steps: list[str] = []
    invocation = KeptInvocation({"a": 1})

    async def take(event: Any, context: Any) -> Any:
        await asyncio.sleep(0)
        steps.append("worked")
        return event

    serve(answering(), invocation, sources={"direct": take})

    assert (steps, invocation.results) == (["worked"], [{"a": 1}])
    with suppress(UnhandledEvent):
        serve(answering(), KeptInvocation({"Records": [{"eventSource": "aws:sqs"}]}))
        pytest.fail("nothing takes this event")


def test_a_prefix_of_the_handler_holds_here_too(is_streamed: bool) -> None:
    paths: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["root_path"])
        await answering(json.dumps(scope["path"]).encode())(scope, receive, send)

    invocation = serve(app, KeptInvocation(make_event("/base/items")), base_path="/base", lifespan="off")

    assert paths == ["/base"]
    assert invocation.response.body == b'"/base/items"'


def test_the_lifespan_ends_when_the_environment_does() -> None:
    messages: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def note() -> Message:
            message = await receive()
            messages.append(message["type"])
            return message

        await answering()(scope, note if scope["type"] == "lifespan" else receive, send)

    serve(app, KeptInvocation(make_event()))
    assert messages == ["lifespan.startup"]
    for hook in hooks.shutdown_hooks():
        hook()

    assert messages == ["lifespan.startup", "lifespan.shutdown"]


def test_under_snapstart_the_app_starts_after_the_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    started: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        started.append(scope["type"])
        await answering()(scope, receive, send)

    LambdaApp(app)
    assert started == []
    [start_app] = hooks.after_restore_hooks()
    start_app()

    assert started == ["lifespan"]


def test_an_event_in_a_shape_of_its_own_is_answered_before_the_app_ends() -> None:
    seen: list[int] = []

    async def work(receive: Receive, send: Send) -> None:
        await send(start(201))
        await send(body((await receive())["body"]))
        seen.append(len(invocation.results))

    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    invocation, handler = KeptInvocation({}), LambdaApp(app_that(work))
    answer = handler.serve_scope(cast("Invocation", invocation), scope, b"tea", encode=Response.__repr__)
    hosted().run(answer, seconds=20)

    assert invocation.results == [repr(Response(201, [(b"content-type", b"text/plain")], b"tea"))]
    assert seen == [1]
