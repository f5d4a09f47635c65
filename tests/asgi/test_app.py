import os
import subprocess
import sys
from typing import Any

import pytest

from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.errors import MalformedEvent, OptionError, UnhandledEvent, UnknownEvent
from tests.asgi.apps import answered_lifespan, answering, make_event, send, serving

QUEUE_EVENT = {"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}


@pytest.mark.requirement("sources-registered")
def test_an_event_that_is_no_http_request_goes_to_the_callable_of_its_source() -> None:
    with serving(answering(b"served")) as handler:

        @handler.on("sqs")
        def take(event: dict[str, Any], context: object) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
            return {"batchItemFailures": [], "seen": len(event["Records"])}

        assert handler(QUEUE_EVENT, None) == {"batchItemFailures": [], "seen": 1}
        assert send(handler).body == b"served"


@pytest.mark.requirement("sources-registered")
def test_a_callable_may_be_async_and_be_given_to_the_constructor() -> None:
    async def take(event: object, context: object) -> str:
        return "taken"

    with serving(answering(b""), sources={"schedule": take}) as handler:
        assert handler({"source": "aws.events", "detail-type": "Scheduled Event"}, None) == "taken"


def test_the_app_is_started_once_for_all_that_its_callables_take() -> None:
    startups: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        startups.append(scope["type"])
        await answered_lifespan(scope, receive, send)

    def take(event: object, context: object) -> str:
        return "taken"

    with serving(app, sources={"sqs": take}) as handler:
        assert [handler(QUEUE_EVENT, None) for _ in range(3)] == ["taken"] * 3

    assert startups == ["lifespan"]


@pytest.mark.requirement("sources-registered")
def test_an_error_in_a_callable_fails_the_invocation() -> None:
    def take(event: object, context: object) -> None:
        raise ValueError("no such order")

    with serving(answering(b""), sources={"sqs": take}) as handler, pytest.raises(ValueError, match="no such order"):
        handler(QUEUE_EVENT, None)


@pytest.mark.requirement("sources-registered")
def test_an_event_that_nothing_takes_is_an_error_that_says_what_to_register() -> None:
    with serving(answering(b"")) as handler, pytest.raises(UnhandledEvent) as raised:
        handler(QUEUE_EVENT, None)

    assert str(raised.value) == (
        "nothing takes events of the source 'sqs' (in LambdaApp). Fix: register a callable with `@handler.on('sqs')`"
    )


@pytest.mark.requirement("sources-registered")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sqss", "there is no source 'sqss' (in LambdaApp.on). Fix: use one of authorizer, cloudformation, "),
        ("alb", "events of 'alb' are HTTP requests (in LambdaApp.on). Fix: let the app answer them"),
    ],
)
def test_a_callable_for_a_source_that_is_none_is_refused(source: str, message: str) -> None:
    with pytest.raises(OptionError) as raised, serving(answering(b""), sources={source: print}):
        pass

    assert message in str(raised.value)


@pytest.mark.requirement("sources-registered")
@pytest.mark.parametrize("event", [{"warm": True}, {}, None, [1], "text"])
def test_what_no_service_sends_goes_to_the_callable_for_direct_invocations(event: object) -> None:
    with serving(answering(b"")) as handler:
        with pytest.raises(UnknownEvent):
            handler(event, None)

        @handler.on("direct")
        def take(event: object, context: object) -> object:  # pyright: ignore[reportUnusedFunction]
            return ("direct", event)

        assert handler(event, None) == ("direct", event)


def test_a_malformed_event_fails_the_invocation_and_names_the_field() -> None:
    event = make_event()
    event["headers"]["host"] = ["shop.example.com"]

    with serving(answering(b"")) as handler, pytest.raises(MalformedEvent) as raised:
        handler(event, None)

    assert str(raised.value) == (
        "headers['host'] is ['shop.example.com'], expected text (in an event of function-url). "
        "Fix: send the event as AWS documents it"
    )


@pytest.mark.parametrize(
    ("options", "is_base64"),
    [({}, True), ({"text_types": ["application/x-recipe"]}, False), ({"text_types": ["a/b"]}, True)],
)
def test_content_types_of_ones_own_can_be_text(options: dict[str, Any], is_base64: bool) -> None:
    app = answering(b"flour", headers=[(b"content-type", b"application/x-recipe; version=1")])

    with serving(app, **options) as handler:
        assert handler(make_event(), None)["isBase64Encoded"] is is_base64


PROGRAM = """
from lambdakit.asgi import LambdaApp
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        print("started")
        await send({"type": "lifespan.startup.complete"})
        await receive()
def create_app():
    print("loaded")
    return app
LambdaApp(create_app)
print("init ends")
"""


@pytest.mark.parametrize(
    ("variables", "printed"),
    [
        ({}, ["init ends"]),
        ({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}, ["loaded", "started", "init ends"]),
        (
            {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
            ["loaded", "init ends"],
        ),
    ],
)
def test_on_lambda_the_app_starts_in_init_unless_a_snapshot_follows(
    variables: dict[str, str], printed: list[str]
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert result.stdout.split("\n")[:-1] == printed
