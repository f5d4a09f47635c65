"""What REST APIs and HTTP APIs make of a request and of a result, beyond the events of their formats."""

import base64
import json
from typing import Any

import pytest

from lambdakit.events import FORMATS
from tests.emulator.front_doors.in_process import Posted, open_door, visit

PROXY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html"
GATEWAY_RESPONSES = "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"
BINARY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html"
ROUTES = ("/", "/{proxy+}", "/orders", "/orders/{id}", "/orders/{id}/lines/{line}", "/files/{rest+}")


@pytest.mark.parametrize(
    ("path", "resource", "parameters", "source"),
    [
        ("", "/", None, PROXY),
        ("/", "/", None, PROXY),
        ("/a", "/{proxy+}", {"proxy": "a"}, PROXY),
        ("/a/b%20c/", "/{proxy+}", {"proxy": "a/b%20c"}, PROXY),
        ("/orders", "/orders", None, PROXY),
        ("/orders/7", "/orders/{id}", {"id": "7"}, PROXY),
        ("/orders/7/lines/2", "/orders/{id}/lines/{line}", {"id": "7", "line": "2"}, PROXY),
        ("/orders/7/lines", "/{proxy+}", {"proxy": "orders/7/lines"}, PROXY),
        ("/files/a/b", "/files/{rest+}", {"rest": "a/b"}, PROXY),
        ("/files", "/{proxy+}", {"proxy": "files"}, PROXY),
    ],
)
def test_a_rest_api_names_the_most_specific_resource(
    path: str, resource: str, parameters: dict[str, str] | None, source: str
) -> None:
    async def work() -> None:
        async with open_door("rest-api", routes=ROUTES) as door:
            event = (await door.client.get(str(door.client.base_url).rstrip("/") + path)).json()
            assert (event["resource"], event["pathParameters"]) == (resource, parameters)
            assert event["requestContext"]["resourcePath"] == resource
            assert len(event["requestContext"]["resourceId"]) == 6
            assert event["requestContext"]["identity"]["accessKey"] is None
            assert event["path"] == (path or "/")
            assert event["requestContext"]["path"] == f"/prod{path or '/'}"

    visit(work)


@pytest.mark.parametrize(
    ("path", "status", "message", "error_type", "source"),
    [
        ("/prod/orders", 200, None, None, PROXY),
        ("/prod/other", 403, "Missing Authentication Token", "MissingAuthenticationTokenException", GATEWAY_RESPONSES),
        ("/prod", 403, "Missing Authentication Token", "MissingAuthenticationTokenException", GATEWAY_RESPONSES),
        # Reported by users of deployed APIs: a stage that does not exist has no gateway responses of its own.
        ("/product", 403, "Forbidden", "ForbiddenException", "reported"),
        ("/", 403, "Forbidden", "ForbiddenException", "reported"),
    ],
)
def test_a_rest_api_does_not_know_other_stages_and_resources(
    path: str, status: int, message: str | None, error_type: str | None, source: str
) -> None:
    async def work() -> None:
        async with open_door("rest-api", routes=("/orders",)) as door:
            root = str(door.client.base_url).rstrip("/").removesuffix("/prod")
            response = await door.client.get(root + path)
            assert (response.status_code, response.headers.get("x-amzn-errortype")) == (status, error_type)
            assert response.headers["x-amzn-requestid"]
            assert message is None or response.json() == {"message": message}

    visit(work)


def test_a_stage_has_its_name_and_its_variables_in_the_event() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    async def work() -> None:
        variables = (("table", "orders-live"),)
        async with open_door("rest-api", stage="live", stage_variables=variables) as door:
            event = (await door.client.get("/a")).json()
            assert (event["requestContext"]["stage"], event["requestContext"]["path"]) == ("live", "/live/a")
            assert event["stageVariables"] == {"table": "orders-live"}
        async with open_door("rest-api") as door:
            event = (await door.client.get("/a")).json()
            assert (event["requestContext"]["stage"], event["stageVariables"]) == ("prod", None)

    visit(work)


def test_repeated_headers_and_parameters_arrive_as_lists_and_as_the_last_one() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    async def work() -> None:
        async with open_door("rest-api") as door:
            headers = [("x-tag", "a"), ("x-tag", "b")]
            event = (await door.client.get("/?c=1&c=2&d=%20", headers=headers)).json()
            assert (event["multiValueHeaders"]["x-tag"], event["headers"]["x-tag"]) == (["a", "b"], "b")
            assert event["multiValueQueryStringParameters"] == {"c": ["1", "2"], "d": [" "]}
            assert event["queryStringParameters"] == {"c": "2", "d": " "}

    visit(work)


@pytest.mark.parametrize(
    ("types", "content_type", "is_base64"),
    [
        (("*/*",), "text/plain", True),
        (("image/png",), "image/png", True),
        (("image/png",), "text/plain", False),
        ((), "image/png", False),
    ],
)
def test_a_rest_api_takes_bodies_of_binary_media_types_as_base64(
    types: tuple[str, ...], content_type: str, is_base64: bool
) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    async def work() -> None:
        async with open_door("rest-api", binary_media_types=types) as door:
            headers = {"content-type": content_type}
            event = (await door.client.post("/", content=b"tea", headers=headers)).json()
            assert event["isBase64Encoded"] == is_base64
            assert (base64.b64decode(event["body"]) if is_base64 else event["body"].encode()) == b"tea"

    visit(work)


@pytest.mark.parametrize(
    ("types", "accept", "body", "source"),
    [
        (("*/*",), "text/html, image/png", b"\x89PNG", BINARY),
        (("image/png",), "image/png, text/html", b"\x89PNG", BINARY),
        (("image/png",), "text/html, image/png", b"iVBORw==", BINARY),
        ((), "image/png", b"iVBORw==", BINARY),
    ],
)
def test_a_rest_api_gives_bytes_to_clients_that_accept_them_first(
    types: tuple[str, ...], accept: str, body: bytes, source: str
) -> None:
    async def picture(_: dict[str, Any], posted: Posted) -> None:
        headers = {"content-type": "image/png"}
        await posted.answer({"statusCode": 200, "headers": headers, "body": "iVBORw==", "isBase64Encoded": True})

    async def work() -> None:
        async with open_door("rest-api", picture, binary_media_types=types) as door:
            response = await door.client.get("/", headers={"accept": accept})
            assert (response.content, response.headers["content-type"]) == (body, "image/png")

    visit(work)


@pytest.mark.parametrize(
    "result",
    [
        "tea",
        None,
        7,
        [],
        {},
        {"statusCode": "many"},
        {"statusCode": 200, "body": {}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
    ],
    ids=str,
)
def test_a_rest_api_answers_502_to_a_result_that_it_cannot_read(result: object) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
    async def malformed(_: dict[str, Any], posted: Posted) -> None:
        await posted.answer(result)

    async def work() -> None:
        async with open_door("rest-api", malformed) as door:
            response = await door.client.get("/")
            assert (response.status_code, response.json()) == (502, {"message": "Internal server error"})
            assert response.headers["x-amzn-errortype"] == "InternalServerErrorException"
            assert len(door.notes) == 1

    visit(work)


def test_an_http_api_serves_its_default_stage_and_route() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    async def work() -> None:
        async with open_door("http-api") as door:
            response = await door.client.get("/a%20b?c=1", headers={"cookie": "d=2"})
            event = response.json()
            assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a b")
            assert (event["requestContext"]["stage"], event["requestContext"]["routeKey"]) == ("$default", "$default")
            assert (event["cookies"], event["queryStringParameters"]) == (["d=2"], {"c": "1"})
            assert not {"stageVariables", "pathParameters", "body"} & set(event)
            assert response.headers["apigw-requestid"] == event["requestContext"]["requestId"]

    visit(work)


def test_an_http_api_with_a_named_stage_serves_that_alone() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
    async def work() -> None:
        async with open_door("http-api", stage="live", stage_variables=(("colour", "blue"),)) as door:
            event = (await door.client.get("/a")).json()
            assert (event["rawPath"], event["requestContext"]["stage"]) == ("/live/a", "live")
            assert event["stageVariables"] == {"colour": "blue"}
            root = str(door.client.base_url).rstrip("/").removesuffix("/live")
            response = await door.client.get(root + "/a")
            assert (response.status_code, response.json()) == (404, {"message": "Not Found"})

    visit(work)


def test_an_http_api_can_send_the_older_format() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    async def work() -> None:
        async with open_door("http-api", event_format=FORMATS["http-api-1.0"]) as door:
            event = (await door.client.get("/a?c=1&c=2")).json()
            assert (event["version"], event["resource"], event["path"]) == ("1.0", "$default", "/a")
            assert event["multiValueQueryStringParameters"] == {"c": ["1", "2"]}

    visit(work)


def test_an_http_api_makes_an_answer_of_a_result_without_a_status() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    async def bare(_: dict[str, Any], posted: Posted) -> None:
        await posted.answer({"tea": "green"})

    async def work() -> None:
        async with open_door("http-api", bare) as door:
            response = await door.client.get("/")
            assert (response.status_code, json.loads(response.content)) == (200, {"tea": "green"})
            assert response.headers["content-type"] == "application/json"

    visit(work)
