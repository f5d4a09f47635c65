"""Why mangum is a peer and a door to come in by, and not what runs the apps.

Each test shows what mangum 0.22 does and what lambdakit does with the same app and event. When mangum mends one of
these, its test fails and the reason is to be struck out.
"""

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from operator import itemgetter
from typing import Any

import pytest
from fastapi import FastAPI

from lambdakit.asgi.types import App, Receive, Scope, Send
from lambdakit.events import LAMBDA_PAYLOAD_LIMIT, Gateway
from tests.asgi.apps import Deadline, answered_lifespan, answering, make_event
from tests.peers.adapters import Serving, by_adapter, serving_with_lambdakit, serving_with_mangum

Event = dict[str, Any]
Read = Callable[[Any], Any]

ALB = make_event(via="alb")
FUNCTION_URL = make_event(via="function-url")
BEHIND_A_STAGE = Gateway(stage="prod")


def with_header(event: Event, name: str, value: str) -> Event:
    return {**event, "headers": {**event["headers"], name: value}}


def without_header(event: Event, name: str) -> Event:
    return {**event, "headers": {key: value for key, value in event["headers"].items() if key != name}}


def values_of(name: bytes) -> Callable[[Scope], list[bytes]]:
    return lambda scope: [value for key, value in scope["headers"] if key == name]


PATH = itemgetter("path")
SERVER = itemgetter("server")


# --- what the app sees -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "read", "mangum", "lambdakit"),
    [
        pytest.param(make_event("/%61dmin"), PATH, "/admin", "/%61dmin", id="a function URL's path decoded twice"),
        pytest.param(make_event("/a%20b", via="http-api"), PATH, "/a b", "/a%20b", id="a decoded path decoded again"),
        pytest.param(
            make_event("/a%20b", via="http-api-1.0"), PATH, "/a b", "/a%20b", id="a decoded path of 1.0 decoded again"
        ),
        pytest.param(make_event("/a b"), itemgetter("raw_path"), None, b"/a%20b", id="no raw_path"),
        pytest.param(
            make_event("/items", via="rest-api", gateway=BEHIND_A_STAGE),
            itemgetter("root_path", "path"),
            ("", "/items"),
            ("/prod", "/prod/items"),
            id="no root_path behind a stage",
        ),
        pytest.param(
            make_event(via="alb", query="name=%FF"),
            itemgetter("query_string"),
            b"name=%EF%BF%BD",
            b"name=%FF",
            id="a load balancer's query corrupted",
        ),
        pytest.param(
            make_event(via="rest-api", headers=[(b"x-tag", b"a"), (b"x-tag", b"b")]),
            values_of(b"x-tag"),
            [b"a, b"],
            [b"a", b"b"],
            id="repeated headers joined",
        ),
        pytest.param(
            make_event(via="rest-api", method="POST", body=b"four"),
            values_of(b"content-length"),
            [],
            [b"4"],
            id="no content-length",
        ),
        pytest.param(
            make_event(headers=[(b"x-name", "café".encode("latin-1"))]),
            values_of(b"x-name"),
            ["café".encode()],
            ["café".encode("latin-1")],
            id="other bytes than on the wire",
        ),
        pytest.param({**FUNCTION_URL, "headers": None}, PATH, AttributeError, "/", id="no headers at all"),
        pytest.param(
            with_header(ALB, "host", "[::1]:8080"), SERVER, ValueError, ("::1", 8080), id="a host with an IPv6 address"
        ),
        pytest.param(
            with_header(ALB, "host", "a:b:c"), SERVER, ValueError, ("localhost", 443), id="a host that is none"
        ),
        pytest.param(
            with_header(ALB, "x-forwarded-port", "80,443"),
            SERVER,
            ValueError,
            ("shop.example.com", 443),
            id="a list of forwarded ports",
        ),
        pytest.param(
            without_header(ALB, "x-forwarded-port"),
            itemgetter("scheme", "server"),
            ("https", ("shop.example.com", 80)),
            ("https", ("shop.example.com", 443)),
            id="port 80 of https",
        ),
        pytest.param(
            make_event(via="alb", headers=[(b"x-forwarded-for", b"192.0.2.66")]),
            itemgetter("client"),
            ("192.0.2.66, 127.0.0.1", 0),
            ("127.0.0.1", 0),
            id="all of X-Forwarded-For as the client",
        ),
    ],
)
def test_mangum_shows_the_app_another_request(event: Event, read: Read, mangum: Any, lambdakit: Any) -> None:
    def observe(adapter: Serving) -> Any:
        scopes: list[Scope] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if await answered_lifespan(scope, receive, send):
                return
            scopes.append(scope)
            await answering()(scope, receive, send)

        with adapter(app) as handler:
            handler(event, None)
        return read(scopes[0])

    assert by_adapter(observe) == {"mangum": mangum, "lambdakit": lambdakit}


# --- what the client gets --------------------------------------------------------------------------------------------


def sending(*messages: Mapping[str, Any]) -> App:
    """Return an app that sends some messages and returns, complete or not."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not await answered_lifespan(scope, receive, send):
            for message in messages:
                await send(dict(message))

    return app


STATUS = itemgetter("statusCode")
START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
PROBLEM = [(b"content-type", b"application/problem+json")]
TEXT = [(b"content-type", b"text/plain")]


@pytest.mark.parametrize(
    ("app", "event", "read", "mangum", "lambdakit"),
    [
        pytest.param(
            answering(status=204),
            FUNCTION_URL,
            itemgetter("headers"),
            {"content-type": "application/json"},
            {},
            id="a content type for no content",
        ),
        pytest.param(
            answering(b"{}", status=422, headers=PROBLEM),
            FUNCTION_URL,
            itemgetter("body", "isBase64Encoded"),
            ("e30=", True),
            ("{}", False),
            id="JSON with a suffix as base64",
        ),
        pytest.param(
            answering(headers=[*TEXT, (b"x-name", "café".encode("latin-1"))]),
            FUNCTION_URL,
            itemgetter("headers"),
            UnicodeDecodeError,
            {"content-type": "text/plain", "x-name": "café"},
            id="a Latin-1 header",
        ),
        pytest.param(
            answering(headers=[*TEXT, (b"x-name", b"a\r\nset-cookie: b")]),
            FUNCTION_URL,
            STATUS,
            200,
            500,
            id="a header with a line break",
        ),
        pytest.param(sending(), FUNCTION_URL, STATUS, AttributeError, 500, id="an app that sends nothing"),
        pytest.param(sending(START), FUNCTION_URL, STATUS, AttributeError, 500, id="an app that sends no body"),
        pytest.param(
            answering(b"body", headers=TEXT),
            make_event(method="HEAD"),
            itemgetter("body"),
            "body",
            "",
            id="a body for HEAD",
        ),
        pytest.param(
            answering(b"x" * LAMBDA_PAYLOAD_LIMIT, headers=TEXT),
            FUNCTION_URL,
            STATUS,
            200,
            500,
            id="more than Lambda carries",
        ),
        pytest.param(
            answering(b"x" * 1_048_576, headers=TEXT), ALB, STATUS, 200, 500, id="more than a load balancer carries"
        ),
        pytest.param(
            answering(), make_event(via="vpc-lattice"), STATUS, KeyError, 200, id="an event of VPC Lattice, version 2.0"
        ),
        pytest.param(
            answering(),
            make_event(via="vpc-lattice-1.0"),
            STATUS,
            RuntimeError,
            200,
            id="an event of VPC Lattice, version 1.0",
        ),
    ],
)
def test_mangum_gives_the_client_another_answer(
    app: App, event: Event, read: Read, mangum: Any, lambdakit: Any
) -> None:
    def observe(adapter: Serving) -> Any:
        with adapter(app) as handler:
            return read(handler(event, None))

    assert by_adapter(observe) == {"mangum": mangum, "lambdakit": lambdakit}


def test_mangum_routes_nothing_behind_a_named_stage_of_an_http_api() -> None:
    app = FastAPI()

    @app.get("/items")
    async def items() -> list[str]:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
        return []

    def status(adapter: Serving) -> int:
        with adapter(app) as handler:
            return handler(make_event("/items", via="http-api", gateway=BEHIND_A_STAGE), None)["statusCode"]

    assert by_adapter(status) == {"mangum": 404, "lambdakit": 200}


def test_mangum_serves_a_documentation_page_that_looks_in_the_wrong_place() -> None:
    def names_the_stage(adapter: Serving) -> bool:
        with adapter(FastAPI()) as handler:
            page = handler(make_event("/docs", via="rest-api", gateway=BEHIND_A_STAGE), None)["body"]
        assert "/openapi.json" in page
        return "/prod/openapi.json" in page

    assert by_adapter(names_the_stage) == {"mangum": False, "lambdakit": True}


# --- the life of the app ---------------------------------------------------------------------------------------------


def test_mangum_starts_and_stops_the_app_with_every_invocation() -> None:
    def startups(adapter: Serving) -> int:
        started: list[None] = []

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
            started.append(None)
            yield

        with adapter(FastAPI(lifespan=lifespan)) as handler:
            for _ in range(3):
                handler(FUNCTION_URL, None)
        return len(started)

    assert by_adapter(startups) == {"mangum": 3, "lambdakit": 1}


def test_mangum_fails_the_second_invocation_of_an_app_that_can_start_only_once() -> None:
    def statuses(adapter: Serving) -> list[int]:
        started: list[None] = []

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
            if started:
                # What the session manager of an MCP server says.
                raise RuntimeError(".run() can only be called once per instance")
            started.append(None)
            yield

        with adapter(FastAPI(lifespan=lifespan)) as handler:
            return [handler(make_event("/openapi.json"), None)["statusCode"] for _ in range(2)]

    outcomes = by_adapter(statuses)

    assert outcomes["lambdakit"] == [200, 200]
    assert outcomes["mangum"].__name__ == "LifespanFailure"


def test_mangum_starts_a_thread_for_every_invocation_of_a_plain_function() -> None:
    def threads(adapter: Serving) -> int:
        used: set[threading.Thread] = set()
        app = FastAPI()

        @app.get("/")
        def note_thread() -> None:  # pyright: ignore[reportUnusedFunction] (FastAPI calls it)
            used.add(threading.current_thread())

        with adapter(app) as handler:
            for _ in range(3):
                handler(FUNCTION_URL, None)
        return len(used)

    assert by_adapter(threads) == {"mangum": 3, "lambdakit": 1}


class Clock(Deadline):
    """A context with a fifth of a second left, which counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__(200)
        self.questions = 0

    def get_remaining_time_in_millis(self) -> int:
        self.questions += 1
        return super().get_remaining_time_in_millis()


def ticking(ticks: Iterable[int]) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if await answered_lifespan(scope, receive, send):
            return
        await send({**START, "headers": [(b"content-type", b"text/event-stream")]})
        for tick in ticks:
            await send({"type": "http.response.body", "body": b"data: %d\n\n" % tick, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body"})

    return app


def test_mangum_does_not_look_at_the_deadline_so_that_an_endless_stream_ends_in_a_time_out() -> None:
    theirs, ours = Clock(), Clock()

    with serving_with_mangum(ticking(range(3))) as handler:
        handler(FUNCTION_URL, theirs)
    with serving_with_lambdakit(ticking(itertools.count())) as handler:
        answer = handler(FUNCTION_URL, ours)

    assert theirs.questions == 0
    assert ours.questions > 0
    assert answer["statusCode"] == 504


def take(event: Event, context: object) -> str:
    return "taken"


@pytest.mark.parametrize(
    ("source", "event"),
    [
        ("sqs", {"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "order"}]}),
        ("schedule", {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
    ],
)
def test_mangum_takes_no_event_but_http(source: str, event: Event) -> None:
    with serving_with_mangum(answering()) as handler, pytest.raises(RuntimeError, match="unable to infer a handler"):
        handler(event, None)
    with serving_with_lambdakit(answering(), sources={source: take}) as handler:
        assert handler(event, None) == "taken"
