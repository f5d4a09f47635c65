import json
from typing import Any

import pytest

from lambdakit.errors import MalformedResult
from lambdakit.events import FORMATS, Gateway, Response

TWO = ["function-url", "http-api"]
OTHERS = [name for name in FORMATS if name not in TWO]
JSON = (b"content-type", b"application/json")

every_format = pytest.mark.parametrize("name", FORMATS)


@every_format
@pytest.mark.parametrize("status", [201, "201"], ids=repr)
def test_a_result_becomes_a_response(name: str, status: object) -> None:
    result = {"statusCode": status, "headers": {"Content-Type": "text/plain", "X-City": "Málaga"}, "body": "ñ"}

    response = FORMATS[name].decode_response(result)

    assert response == Response(201, [(b"content-type", b"text/plain"), (b"x-city", b"M\xe1laga")], "ñ".encode())


@every_format
def test_a_status_code_alone_is_an_answer(name: str) -> None:
    status, headers, body = FORMATS[name].decode_response({"statusCode": 204})

    assert (status, body) == (204, b"")
    assert headers == ([JSON] if name in TWO else [])


@every_format
def test_headers_that_are_numbers_or_null_are_taken_as_services_take_them(name: str) -> None:
    result = {"statusCode": 200, "headers": {"content-type": "text/plain", "age": 7, "x-none": None}}

    assert FORMATS[name].decode_response(result).headers == [(b"content-type", b"text/plain"), (b"age", b"7")]


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("result", [{"id": 7}, [1, 2], 5, None, True, {}], ids=json.dumps)
def test_format_two_takes_a_result_without_a_status_code_for_the_body_of_a_200(name: str, result: Any) -> None:
    status, headers, body = FORMATS[name].decode_response(result)

    assert (status, headers) == (200, [JSON])
    assert json.loads(body) == result


@pytest.mark.parametrize("name", TWO)
def test_format_two_takes_text_for_the_body_of_a_200(name: str) -> None:
    assert FORMATS[name].decode_response("hola ñ") == Response(200, [JSON], "hola ñ".encode())


@pytest.mark.parametrize("name", TWO)
def test_cookies_of_format_two_are_headers_of_their_own(name: str) -> None:
    result = {"statusCode": 200, "headers": {"content-type": "text/plain"}, "cookies": ["a=1", "b=2"]}

    headers = FORMATS[name].decode_response(result).headers

    assert headers == [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


@pytest.mark.requirement("response-repeated-headers")
@pytest.mark.parametrize("name", ["http-api-1.0", "rest-api", "alb-multi-value"])
def test_lists_of_headers_win_over_single_ones(name: str) -> None:
    result = {
        "statusCode": 200,
        "headers": {"Vary": "lost", "X-Tag": "kept"},
        "multiValueHeaders": {"vary": ["accept", "origin"]},
    }

    headers = FORMATS[name].decode_response(result).headers

    assert headers == [(b"x-tag", b"kept"), (b"vary", b"accept"), (b"vary", b"origin")]


@pytest.mark.requirement("response-cookies")
@pytest.mark.parametrize("name", ["alb", "vpc-lattice-1.0"])
def test_spellings_of_set_cookie_are_cookies_of_their_own(name: str) -> None:
    result = {"statusCode": 200, "headers": {"set-cookie": "a=1", "Set-cookie": "b=2"}}

    assert FORMATS[name].decode_response(result).headers == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


def test_vpc_lattice_takes_lists_among_the_headers() -> None:
    result = {"statusCode": 200, "headers": {"Vary": ["accept", "origin"], "x-tag": "red"}}

    headers = FORMATS["vpc-lattice"].decode_response(result).headers

    assert headers == [(b"x-tag", b"red"), (b"vary", b"accept"), (b"vary", b"origin")]


PICTURE = {
    "statusCode": 200,
    "headers": {"content-type": "Image/GIF; x=1"},
    "body": "R0lGODn/",
    "isBase64Encoded": True,
}


@every_format
def test_base64_reaches_the_client_as_bytes(name: str) -> None:
    assert FORMATS[name].decode_response(PICTURE).body == b"GIF89\xff"


@pytest.mark.parametrize(
    ("binary_media_types", "accept", "body"),
    [
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
        (("image/gif",), "image/gif", b"GIF89\xff"),
        (("image/gif",), "Image/GIF;q=0.8", b"GIF89\xff"),
        (("IMAGE/*",), "image/gif", b"GIF89\xff"),
        (("*/*",), "", b"GIF89\xff"),
        (("image/gif",), "text/html", b"R0lGODn/"),
        (("image/gif",), "*/*", b"R0lGODn/"),
        (("image/gif",), "", b"R0lGODn/"),
        ((), "image/gif", b"R0lGODn/"),
    ],
)
def test_a_rest_api_decodes_base64_for_clients_that_accept_its_binary_media_types_alone(
    binary_media_types: tuple[str, ...], accept: str, body: bytes
) -> None:
    gateway = Gateway(binary_media_types=binary_media_types, accept=accept)

    assert FORMATS["rest-api"].decode_response(PICTURE, gateway).body == body


@pytest.mark.parametrize("result", [{"body": None}, {}, {"body": ""}], ids=str)
def test_a_rest_api_answers_an_empty_body_whatever_its_media_types(result: dict[str, Any]) -> None:
    empty = {"statusCode": 204, "isBase64Encoded": True, **result}

    assert FORMATS["rest-api"].decode_response(empty, Gateway(binary_media_types=())).body == b""


@every_format
@pytest.mark.parametrize(
    ("field", "value", "mistake"),
    [
        ("statusCode", None, "statusCode is missing"),
        ("statusCode", "OK", "statusCode is 'OK', expected a whole number"),
        ("statusCode", 200.5, "statusCode is 200.5, expected a whole number"),
        ("statusCode", float("inf"), "statusCode is inf, expected a whole number"),
        ("statusCode", True, "statusCode is True, expected a whole number"),
        ("statusCode", [200], "statusCode is [200], expected a whole number"),
        ("statusCode", 99, "cannot be sent: statusCode is 99, expected 100 to 599"),
        ("statusCode", 600, "cannot be sent: statusCode is 600, expected 100 to 599"),
        ("headers", [["vary", "accept"]], "headers is [['vary', 'accept']], expected an object"),
        ("headers", "vary: accept", "headers is 'vary: accept', expected an object"),
        ("headers", {"vary": {"a": 1}}, "cannot be sent: a header is one value; lists belong into multiValueHeaders"),
        ("body", 5, "body is 5, expected text"),
        ("body", {"id": 7}, "body is {'id': 7}, expected text"),
        ("body", "\ud800", "body is no Unicode"),
        ("isBase64Encoded", "true", "isBase64Encoded is 'true', expected true or false"),
    ],
    ids=repr,
)
def test_a_result_that_the_service_would_answer_502_is_told_apart(
    name: str, field: str, value: object, mistake: str
) -> None:
    with pytest.raises(MalformedResult) as raised:
        FORMATS[name].decode_response({"statusCode": 200, field: value})

    assert raised.value.what == f"the result {mistake}"
    assert raised.value.where == f"an answer to {name}"


@every_format
def test_base64_that_is_none_is_told_apart(name: str) -> None:
    with pytest.raises(MalformedResult, match=r"^the result cannot be sent: the body says it is base64 and is not"):
        FORMATS[name].decode_response({"statusCode": 200, "body": "no base64", "isBase64Encoded": True})


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "vpc-lattice"])
def test_a_list_among_the_single_headers_is_refused(name: str) -> None:
    with pytest.raises(MalformedResult, match="lists belong into multiValueHeaders"):
        FORMATS[name].decode_response({"statusCode": 200, "headers": {"vary": ["accept"]}})


@pytest.mark.parametrize("name", ["http-api-1.0", "rest-api", "alb", "alb-multi-value"])
def test_text_among_the_lists_of_headers_is_refused(name: str) -> None:
    with pytest.raises(MalformedResult, match=r"multiValueHeaders\['vary'\] is 'accept', expected a list of text"):
        FORMATS[name].decode_response({"statusCode": 200, "multiValueHeaders": {"vary": "accept"}})


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize(
    ("cookies", "mistake"),
    [("a=1", "cookies is 'a=1', expected a list of text"), (["a=1", 5], r"cookies[1] is 5, expected text")],
)
def test_cookies_that_are_no_list_of_text_are_refused(name: str, cookies: object, mistake: str) -> None:
    with pytest.raises(MalformedResult) as raised:
        FORMATS[name].decode_response({"statusCode": 200, "cookies": cookies})

    assert raised.value.what == f"the result {mistake}"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize(
    ("result", "mistake"),
    [
        (None, "the result is None, expected an object"),
        ("hola", "the result is 'hola', expected an object"),
        ([200], "the result is [200], expected an object"),
        ({"body": "hola"}, "the result statusCode is missing"),
    ],
    ids=repr,
)
def test_only_format_two_fills_in_a_status_code(name: str, result: object, mistake: str) -> None:
    with pytest.raises(MalformedResult) as raised:
        FORMATS[name].decode_response(result)

    assert raised.value.what == mistake


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("result", [{"tags": {"red", "blue"}}, "half \ud800"], ids=["set", "surrogate"])
def test_what_is_no_json_is_no_result_of_format_two_either(name: str, result: object) -> None:
    with pytest.raises(MalformedResult):
        FORMATS[name].decode_response(result)
