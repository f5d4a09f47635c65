from typing import Any

import pytest

from lambdakit.events import FORMATS, Response

TWO = ("function-url", "http-api")
ONE = ("http-api-1.0", "rest-api")

every_format = pytest.mark.parametrize("name", FORMATS)


@every_format
def test_a_result_holds_the_status_the_headers_and_the_body(name: str) -> None:
    result = FORMATS[name].encode_response(Response(201, [(b"content-type", b"application/json")], b'{"id":7}'))

    headers = result.pop("multiValueHeaders", None) or result.pop("headers")
    assert headers in ({"content-type": "application/json"}, {"content-type": ["application/json"]})
    assert result.pop("statusDescription", "201 Created") == "201 Created"
    assert result == {"statusCode": 201, "body": '{"id":7}', "isBase64Encoded": False}


@pytest.mark.requirement("response-text-or-base64")
@every_format
@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ([(b"content-type", b"application/problem+json")], b"{}", "{}"),
        ([(b"content-type", b"text/html; charset=utf-8")], "ñ".encode(), "ñ"),
        ([(b"content-type", b"text/html; charset=iso-8859-1")], b"\xf1", None),
        ([(b"content-type", b"text/csv; charset=utf-16")], "ñ".encode("utf-16"), None),
        ([(b"content-type", b"text/css"), (b"content-encoding", b"gzip")], b"as text", None),
        ([(b"content-encoding", b"br")], b"as text", None),
        ([(b"content-type", b"image/png")], b"as text", None),
        ([], b"as text", "as text"),
        ([], b"\xff", None),
        ([], b"", ""),
    ],
    ids=str,
)
def test_text_travels_as_text_and_the_rest_as_base64(
    name: str, headers: list[tuple[bytes, bytes]], body: bytes, text: str | None
) -> None:
    result = FORMATS[name].encode_response(Response(200, headers, body))

    assert result["isBase64Encoded"] is (text is None)
    assert text is None or result["body"] == text
    assert FORMATS[name].decode_response(result).body == body


@every_format
def test_the_caller_can_say_what_is_text(name: str) -> None:
    response = Response(200, [(b"content-type", b"application/x-recipe")], b"flour")

    assert FORMATS[name].encode_response(response)["body"] == "ZmxvdXI="
    assert FORMATS[name].encode_response(response, as_text=True)["body"] == "flour"
    assert FORMATS[name].encode_response(response._replace(body=b"\xff"), as_text=True)["body"] == "/w=="
    assert FORMATS[name].encode_response(Response(200, [], b"flour"), as_text=False)["body"] == "ZmxvdXI="


@pytest.mark.requirement("response-cookies", "response-repeated-headers")
@pytest.mark.parametrize(
    ("names", "headers"),
    [
        (TWO, {"headers": {"vary": "accept, origin"}, "cookies": ["a=1", "b=2"]}),
        (ONE, {"headers": {}, "multiValueHeaders": {"vary": ["accept", "origin"], "set-cookie": ["a=1", "b=2"]}}),
        (("alb",), {"headers": {"vary": "accept, origin", "set-cookie": "a=1", "set-cookiE": "b=2"}}),
        (("alb-multi-value",), {"multiValueHeaders": {"vary": ["accept", "origin"], "set-cookie": ["a=1", "b=2"]}}),
        (("vpc-lattice",), {"headers": {"vary": ["accept", "origin"], "set-cookie": ["a=1", "b=2"]}}),
        (("vpc-lattice-1.0",), {"headers": {"vary": "accept, origin", "set-cookie": "a=1", "set-cookiE": "b=2"}}),
    ],
    ids=str,
)
def test_repeated_headers_go_where_the_service_takes_them(names: tuple[str, ...], headers: dict[str, Any]) -> None:
    repeated = [(b"vary", b"accept"), (b"set-cookie", b"a=1"), (b"vary", b"origin"), (b"set-cookie", b"b=2")]

    for name in names:
        result = FORMATS[name].encode_response(Response(200, repeated))
        assert {key: result[key] for key in result if "eaders" in key or key == "cookies"} == headers


@pytest.mark.parametrize("name", [*TWO, *ONE])
def test_headers_that_come_once_need_no_lists(name: str) -> None:
    result = FORMATS[name].encode_response(Response(200, [(b"x-city", b"M\xe1laga"), (b"vary", b"accept")]))

    assert result["headers"] == {"x-city": "Málaga", "vary": "accept"}
    assert set(result) == {"statusCode", "headers", "body", "isBase64Encoded"}


@pytest.mark.requirement("response-alb-header-mode")
def test_a_load_balancer_is_answered_in_its_own_header_mode_alone() -> None:
    response = Response(200, [(b"vary", b"accept")])

    assert FORMATS["alb"].encode_response(response).keys() & {"headers", "multiValueHeaders"} == {"headers"}
    assert FORMATS["alb-multi-value"].encode_response(response).keys() & {"headers", "multiValueHeaders"} == {
        "multiValueHeaders"
    }


@pytest.mark.parametrize(("status", "description"), [(200, "200 OK"), (404, "404 Not Found"), (599, "599")])
def test_a_load_balancer_gets_the_status_in_words(status: int, description: str) -> None:
    for name in ("alb", "alb-multi-value"):
        assert FORMATS[name].encode_response(Response(status, []))["statusDescription"] == description


@pytest.mark.requirement("response-no-content-type-is-invented")
@every_format
def test_an_answer_without_a_content_type_gets_none(name: str) -> None:
    result = FORMATS[name].encode_response(Response(204, []))

    assert (result.get("headers") or result.get("multiValueHeaders") or {}) == {}
    assert (result["body"], result["isBase64Encoded"]) == ("", False)


def test_load_balancers_accept_one_megabyte_and_the_others_six() -> None:
    limits = {name: event_format.response_limit for name, event_format in FORMATS.items()}

    assert limits == dict.fromkeys(FORMATS, 6_291_556) | {"alb": 1_048_576, "alb-multi-value": 1_048_576}
