import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import mangum
import pytest
from fastapi import Body, FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from mangum.exceptions import ConfigurationError
from mangum.handlers import LambdaAtEdge

from lambdakit.asgi import LambdaApp
from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.errors import OptionError, UnhandledEvent
from lambdakit.events import FORMATS
from lambdakit.mangum import Mangum
from tests.asgi.apps import answering, make_event
from tests.emulator.functions import configure, invoke
from tests.peers.adapters import DOORS, Serving, serving_with_door

JSON = [(b"content-type", b"application/json")]
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
BINARY = [(b"content-type", b"application/octet-stream")]

either_door = pytest.mark.parametrize("serving", [pytest.param(serving, id=name) for name, serving in DOORS.items()])
differs = pytest.mark.parametrize(
    ("serving", "mangum_does"), [pytest.param(serving, name == "mangum", id=name) for name, serving in DOORS.items()]
)


def make_shop() -> FastAPI:
    app = FastAPI()
    app.add_api_route("/items/{item_id}", read_item)
    app.add_api_route("/items", create_item, methods=["POST"], status_code=201)
    app.add_api_route("/form", read_form, methods=["POST"])
    app.add_api_route("/bytes", echo, methods=["PUT"])
    app.add_api_route("/cookies", set_cookies)
    app.add_api_route("/page", page, response_class=HTMLResponse)
    app.add_api_route("/old", redirect)
    return app


async def read_item(item_id: int, request: Request, color: str = "") -> dict[str, Any]:
    return {
        "id": item_id,
        "color": color,
        "method": request.method,
        "cookies": request.cookies,
        "language": request.headers.get("accept-language"),
    }


async def create_item(name: Annotated[str, Body(embed=True)]) -> dict[str, str]:
    return {"name": name}


async def read_form(name: Annotated[str, Form()]) -> dict[str, str]:
    return {"name": name}


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="image/png")


async def set_cookies(response: Response) -> None:
    response.set_cookie("session", "1")
    response.set_cookie("theme", "dark")


async def page() -> str:
    return "<p>café</p>"


async def redirect() -> RedirectResponse:
    return RedirectResponse("/items/42")


@pytest.mark.parametrize("via", ["http-api", "http-api-1.0", "rest-api", "function-url", "alb", "alb-multi-value"])
@pytest.mark.parametrize(
    ("path", "request_parts"),
    [
        ("/items/42", {"query": "color=dark%20red", "headers": [(b"accept-language", b"fr")]}),
        ("/items/42", {"headers": [(b"cookie", b"session=1; theme=dark")]}),
        ("/items/teapot", {}),
        ("/items", {"method": "POST", "headers": JSON, "body": '{"name": "théière"}'.encode()}),
        ("/items", {"method": "POST", "headers": JSON, "body": b'{"name":'}),
        ("/form", {"method": "POST", "headers": FORM, "body": b"name=tea+pot"}),
        ("/bytes", {"method": "PUT", "headers": BINARY, "body": bytes(range(256))}),
        ("/cookies", {}),
        ("/page", {}),
        ("/old", {}),
        ("/missing", {}),
        ("/items", {"method": "DELETE"}),
    ],
)
def test_a_plain_request_gets_the_answer_that_mangum_gives(via: str, path: str, request_parts: dict[str, Any]) -> None:
    answers: dict[str, Any] = {}

    for name, serving in DOORS.items():
        with serving(make_shop()) as handler:
            result = handler(make_event(path, via=via, **request_parts), None)
        status, headers, body = FORMATS[via].decode_response(result)
        answers[name] = (status, sorted(headers), body)

    assert answers["lambdakit"] == answers["mangum"]


def test_the_constructor_takes_what_that_of_mangum_takes() -> None:
    ours, theirs = (inspect.signature(each).parameters.values() for each in (Mangum, mangum.Mangum))

    assert [(each.name, each.kind, each.default) for each in ours] == [
        (each.name, each.kind, each.default) for each in theirs
    ]


@either_door
def test_arguments_can_be_given_by_position(serving: Serving) -> None:
    with serving(answering(b"{}", headers=JSON), "off", "/shop", None, ["application/json"], ["x-gone"]) as handler:
        assert handler(make_event("/shop/items"), None)["body"] == "{}"


def make_app_that_names_its_path(scopes: list[Scope]) -> FastAPI:
    app = FastAPI()

    async def note_scope(request: Request) -> None:
        scopes.append(request.scope)

    app.add_api_route("/items", note_scope)
    return app


@either_door
@pytest.mark.parametrize("via", ["http-api", "http-api-1.0", "rest-api", "function-url"])
@pytest.mark.parametrize("base_path", ["/shop", "shop"])
def test_a_base_path_is_no_part_of_the_routes(serving: Serving, via: str, base_path: str) -> None:
    scopes: list[Scope] = []

    with serving(make_app_that_names_its_path(scopes), api_gateway_base_path=base_path) as handler:
        assert handler(make_event("/shop/items", via=via), None)["statusCode"] == 200
        assert handler(make_event("/items", via=via), None)["statusCode"] == 200

    assert len(scopes) == 2


def test_a_base_path_becomes_the_root_path() -> None:
    scopes: list[Scope] = []

    with serving_with_door(make_app_that_names_its_path(scopes), api_gateway_base_path="/shop") as handler:
        handler(make_event("/shop/items", via="http-api"), None)

    assert scopes[0]["root_path"] == "/shop"
    assert scopes[0]["path"] == "/shop/items"


@differs
def test_a_base_path_is_not_cut_out_of_a_longer_name(serving: Serving, mangum_does: bool) -> None:
    with serving(make_shop(), api_gateway_base_path="/item") as handler:
        assert handler(make_event("/items/42"), None)["statusCode"] == (404 if mangum_does else 200)


@differs
def test_a_base_path_is_known_behind_a_load_balancer(serving: Serving, mangum_does: bool) -> None:
    with serving(make_shop(), api_gateway_base_path="/shop") as handler:
        status = handler(make_event("/shop/items/42", via="alb"), None)["statusCode"]

    assert status == (404 if mangum_does else 200)


class DirectCall:
    """A custom handler as mangum's documentation asks for: an event format of one's own."""

    def __init__(self, event: Any, context: Any, config: Mapping[str, Any]) -> None:
        self.event = event
        self.context = context
        self.config = config

    @classmethod
    def infer(cls, event: Any, context: Any, config: Any) -> bool:
        return "route" in event

    @property
    def body(self) -> bytes:
        return json.dumps(self.event["content"]).encode()

    @property
    def scope(self) -> Scope:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "headers": [(b"content-type", b"application/json")],
            "path": self.event["route"],
            "raw_path": None,
            "root_path": "",
            "scheme": "https",
            "query_string": b"",
            "server": ("direct", 443),
            "client": ("direct", 0),
            "aws.event": self.event,
            "aws.context": self.context,
        }

    def __call__(self, response: Any) -> dict[str, Any]:
        headers = {key.decode(): value.decode() for key, value in response["headers"]}
        shown = {key: value for key, value in headers.items() if key not in self.config["exclude_headers"]}
        return {"code": response["status"], "headers": shown, "content": json.loads(response["body"])}


@either_door
def test_a_custom_handler_takes_the_events_it_recognises(serving: Serving) -> None:
    with serving(make_shop(), custom_handlers=[DirectCall], exclude_headers=["Content-Length"]) as handler:
        direct = handler({"route": "/items", "content": {"name": "teapot"}}, None)
        usual = handler(make_event("/items/42"), None)

    assert direct == {"code": 201, "headers": {"content-type": "application/json"}, "content": {"name": "teapot"}}
    assert usual["statusCode"] == 200


@either_door
def test_a_type_named_as_text_is_not_encoded(serving: Serving) -> None:
    app = answering(b"tea: pot", headers=[(b"content-type", b"application/vnd.shop; charset=utf-8")])

    with serving(app, text_mime_types=["application/vnd.shop"]) as handler:
        result = handler(make_event(), None)

    assert (result["body"], result["isBase64Encoded"]) == ("tea: pot", False)


@differs
def test_a_type_named_as_text_is_text_besides_the_usual_ones(serving: Serving, mangum_does: bool) -> None:
    with serving(answering(b"{}", headers=JSON), text_mime_types=["application/vnd.shop"]) as handler:
        assert handler(make_event(), None)["isBase64Encoded"] == mangum_does


@either_door
@pytest.mark.parametrize("via", ["rest-api", "alb", "alb-multi-value"])
def test_an_excluded_header_is_left_out_whatever_its_case(serving: Serving, via: str) -> None:
    app = answering(headers=[(b"x-powered-by", b"tea"), (b"x-kept", b"pot")])

    with serving(app, exclude_headers=["X-Powered-By"]) as handler:
        response = FORMATS[via].decode_response(handler(make_event(via=via), None))

    assert response.headers == [(b"x-kept", b"pot")]


@differs
def test_an_excluded_header_is_left_out_of_format_two_as_well(serving: Serving, mangum_does: bool) -> None:
    with serving(answering(headers=[(b"x-powered-by", b"tea")]), exclude_headers=["x-powered-by"]) as handler:
        headers = handler(make_event(via="http-api"), None)["headers"]

    assert ("x-powered-by" in headers) == mangum_does


@either_door
@pytest.mark.parametrize(("lifespan", "messages"), [("auto", 2), ("on", 2), ("off", 0)])
def test_lifespan_says_whether_the_app_is_started(serving: Serving, lifespan: str, messages: int) -> None:
    received: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                received.append(await receive())
                await send({"type": f"lifespan.{phase}.complete"})
        else:
            await answering()(scope, receive, send)

    with serving(app, lifespan=lifespan) as handler:
        handler(make_event(), None)

    assert len(received) == messages


def test_a_lifespan_that_is_none_of_the_three_is_refused() -> None:
    unknown: Any = "sometimes"

    with pytest.raises(OptionError, match=r"lifespan is 'sometimes'.*use 'auto', 'on' or 'off'"):
        Mangum(answering(), lifespan=unknown)
    with pytest.raises(ConfigurationError):
        mangum.Mangum(make_shop(), lifespan=unknown)


def test_what_it_makes_is_a_lambda_app_so_that_sources_can_be_registered() -> None:
    with serving_with_door(answering()) as handler:

        @handler.on("sqs")
        def take(event: Any, context: Any) -> str:  # pyright: ignore[reportUnusedFunction] (the handler calls it)
            return "taken"

        assert isinstance(handler, LambdaApp)
        assert handler({"Records": [{"eventSource": "aws:sqs", "body": "order"}]}) == "taken"


EDGE_EVENT = {
    "Records": [
        {
            "cf": {
                "request": {
                    "clientIp": "192.0.2.1",
                    "headers": {"host": [{"key": "Host", "value": "shop.example.com"}]},
                    "method": "GET",
                    "querystring": "color=red",
                    "uri": "/items/42",
                }
            }
        }
    ]
}


def test_an_event_of_lambda_at_edge_is_refused_by_its_name() -> None:
    with serving_with_door(answering()) as handler, pytest.raises(UnhandledEvent, match="cloudfront"):
        handler(EDGE_EVENT)


@either_door
def test_an_event_of_lambda_at_edge_can_be_left_to_the_handler_of_mangum(serving: Serving) -> None:
    with serving(make_shop(), custom_handlers=[LambdaAtEdge], text_mime_types=["application/json"]) as handler:
        result = handler(EDGE_EVENT, None)

    assert result["status"] == 200
    assert json.loads(result["body"])["color"] == "red"


def test_a_custom_handler_takes_its_events_on_lambdakits_runtime_too(tmp_path: Path) -> None:
    source = """
        from lambdakit.mangum import Mangum

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 201, "headers": []})
            await send({"type": "http.response.body", "body": scope["path"].encode()})

        class Direct:
            def __init__(self, event, context, config):
                self.body = b""
                self.scope = {"type": "http", "method": "GET", "path": event["route"], "headers": []}

            @classmethod
            def infer(cls, event, context, config):
                return "route" in event

            def __call__(self, response):
                return [response["status"], response["body"].decode()]

        handler = Mangum(app, lifespan="off", custom_handlers=[Direct])
    """
    configuration = configure(tmp_path, source, runtime="lambdakit", memory=512, timeout=20)
    run = invoke(configuration, b'{"route": "/items"}', json.dumps(make_event("/usual")).encode())

    direct, usual = run.results()
    assert direct == [201, "/items"]
    assert (usual["statusCode"], usual["body"]) == (201, "/usual")
