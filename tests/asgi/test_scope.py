import pytest
from fastapi import FastAPI

from lambdakit.asgi.scope import Mount
from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.events import FORMATS, Gateway
from tests.asgi.apps import (
    EVERY_FORMAT,
    Deadline,
    answered_lifespan,
    answering,
    make_event,
    make_request,
    send,
    serving,
)


class Recording:
    """An app that remembers the scopes it was called with."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await answered_lifespan(scope, receive, send):
            self.scopes.append(scope)
            await answering(b"")(scope, receive, send)


@pytest.mark.requirement("scope-event-and-context")
@pytest.mark.parametrize("via", EVERY_FORMAT)
def test_the_scope_holds_the_event_and_the_context(via: str) -> None:
    app, event, context = Recording(), make_event(via=via), Deadline(10_000)

    with serving(app) as handler:
        handler(event, context)

    assert app.scopes[0]["aws.event"] is event
    assert app.scopes[0]["aws.context"] is context


@pytest.mark.requirement("path-raw-path-is-set")
@pytest.mark.parametrize("via", EVERY_FORMAT)
def test_the_scope_is_a_servers_scope(via: str) -> None:
    app = Recording()

    with serving(app) as handler:
        send(handler, "/items/blue box", via=via, query="colour=blue")

    scope = app.scopes[0]
    assert scope["type"] == "http"
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.3"}
    assert scope["path"].endswith("/items/blue box")
    assert scope["raw_path"].endswith(b"/items/blue%20box")
    assert scope["query_string"] == b"colour=blue"
    assert scope["scheme"] == "https"
    assert scope["client"] == ("127.0.0.1", 0)
    assert scope["server"] == ("shop.example.com", 443)


@pytest.mark.requirement("root-path-docs-work-behind-a-stage")
@pytest.mark.parametrize("via", ["rest-api", "http-api", "http-api-1.0"])
def test_the_documentation_works_behind_a_stage(via: str) -> None:
    with serving(FastAPI(title="Shop")) as handler:
        gateway = Gateway(stage="live")
        page = FORMATS[via].decode_response(handler(make_event("/docs", via=via, gateway=gateway)))
        document = FORMATS[via].decode_response(handler(make_event("/openapi.json", via=via, gateway=gateway)))

    assert b"'/live/openapi.json'" in page.body
    assert b'"servers":[{"url":"/live"}]' in document.body


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ({}, "/v1/items", ("", "/v1/items", b"/v1/items")),
        ({"base_path": "/v1"}, "/v1/items", ("/v1", "/v1/items", b"/v1/items")),
        ({"base_path": "v1/"}, "/v1", ("/v1", "/v1/", b"/v1")),
        ({"base_path": "/v1"}, "/v10/items", ("", "/v10/items", b"/v10/items")),
        ({"base_path": "/"}, "/items", ("", "/items", b"/items")),
        ({"root_path": "/shop"}, "/items", ("/shop", "/shop/items", b"/shop/items")),
        ({"root_path": "/shop", "base_path": "/v1"}, "/v1/items", ("/shop/v1", "/shop/v1/items", b"/shop/v1/items")),
    ],
)
def test_prefixes_that_events_do_not_tell_are_told_by_the_user(
    options: dict[str, str], path: str, expected: tuple[str, str, bytes]
) -> None:
    app = Recording()

    with serving(app, **options) as handler:
        send(handler, path)

    scope = app.scopes[0]
    assert (scope["root_path"], scope["path"], scope["raw_path"]) == expected


@pytest.mark.parametrize(
    ("root_path_of_the_event", "path", "expected"),
    [
        ("/prod", "/prod/shop/items", ("/prod/shop", "/prod/shop/items")),
        ("/prod", "/prod/shop", ("/prod/shop", "/prod/shop/")),
        ("/prod", "/prod/items", ("/prod", "/prod/items")),
        ("/prod/shop", "/prod/shop/shop/items", ("/prod/shop", "/prod/shop/shop/items")),
    ],
)
def test_a_base_path_is_found_behind_the_prefix_that_the_event_tells(
    root_path_of_the_event: str, path: str, expected: tuple[str, str]
) -> None:
    request = make_request(path)._replace(path=path, root_path=root_path_of_the_event)

    mounted = Mount(base_path="/shop", root_path="").apply(request)

    assert (mounted.root_path, mounted.path) == expected
