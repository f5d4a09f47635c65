from typing import Any

import pytest

from lambdakit.events import FORMATS, Gateway, Request, detect
from lambdakit.events.rest_api import find_resource, first_accepted

TWO = ("function-url", "http-api")
LISTS = ("http-api-1.0", "rest-api", "alb-multi-value", "vpc-lattice")
PLAIN = ("alb", "alb-multi-value", "vpc-lattice", "vpc-lattice-1.0")

every_format = pytest.mark.parametrize("name", FORMATS)


def get(raw_path: str = "/", query: str = "", *headers: tuple[bytes, bytes]) -> Request:
    return Request("GET", "not read", raw_path.encode(), query.encode(), list(headers))


def post(content_type: str | None, body: bytes, *headers: tuple[bytes, bytes]) -> Request:
    sent = [(b"content-type", content_type.encode())] if content_type else []
    return Request("POST", "not read", b"/", b"", [*sent, *headers], body)


def headers_of(event: dict[str, Any]) -> dict[str, Any]:
    return event.get("multiValueHeaders") or event["headers"]


@every_format
def test_an_encoded_event_is_recognised_as_its_own(name: str) -> None:
    assert detect(FORMATS[name].encode_request(get())) == name


@every_format
def test_the_service_adds_its_peer_and_overwrites_what_it_vouches_for(name: str) -> None:
    request = get(
        "/",
        "",
        (b"x-forwarded-for", b"10.0.0.1"),
        (b"x-forwarded-for", b"10.0.0.2"),
        (b"x-forwarded-proto", b"gopher"),
        (b"x-forwarded-port", b"70"),
        (b"x-amzn-trace-id", b"Root=mine"),
    )

    event = FORMATS[name].encode_request(
        request, Gateway(source_ip="192.0.2.44", scheme="http", port=8080, trace_id="Root=theirs")
    )

    assert {header: value[-1] if isinstance(value, list) else value for header, value in headers_of(event).items()} == {
        "x-amzn-trace-id": "Root=theirs",
        "x-forwarded-for": "10.0.0.1, 10.0.0.2, 192.0.2.44",
        "x-forwarded-port": "8080",
        "x-forwarded-proto": "http",
    }
    decoded = FORMATS[name].decode_request(event)
    assert (decoded.scheme, decoded.client) == ("http", ("192.0.2.44", 0))


@pytest.mark.parametrize(
    ("name", "place", "delivered"),
    [
        ("function-url", "rawPath", "/caf%C3%A9/a%2520b%3Fc"),
        ("rest-api", "path", "/caf%C3%A9/a%2520b%3Fc"),
        ("alb", "path", "/caf%C3%A9/a%2520b%3Fc"),
        ("alb-multi-value", "path", "/caf%C3%A9/a%2520b%3Fc"),
        ("vpc-lattice", "path", "/caf%C3%A9/a%2520b%3Fc?d=%FF"),
        ("vpc-lattice-1.0", "raw_path", "/caf%C3%A9/a%2520b%3Fc?d=%FF"),
    ],
)
@pytest.mark.requirement("path-lattice-holds-the-query")
def test_most_services_deliver_the_path_as_on_the_wire(name: str, place: str, delivered: str) -> None:
    assert FORMATS[name].encode_request(get("/caf%C3%A9/a%2520b%3Fc", "d=%FF"))[place] == delivered


@pytest.mark.requirement("path-http-api-is-decoded-already", "path-http-api-is-cut-at-a-question-mark")
@pytest.mark.parametrize(("name", "place"), [("http-api", "rawPath"), ("http-api-1.0", "path")])
@pytest.mark.parametrize(
    ("raw_path", "delivered"),
    [("/caf%C3%A9/a%2520b", "/café/a%20b"), ("/a%3Fb%3Fc/d", "/a"), ("/%FF", "/\ufffd"), ("/%3F", "/")],
)
def test_an_http_api_delivers_the_path_decoded_and_cut_at_a_question_mark(
    name: str, place: str, raw_path: str, delivered: str
) -> None:
    event = FORMATS[name].encode_request(get(raw_path))

    assert event[place] == delivered
    assert FORMATS[name].decode_request(event).path == delivered


@pytest.mark.requirement("path-function-url-is-decoded-once")
def test_a_function_url_names_the_path_encoded_and_decoded() -> None:
    event = FORMATS["function-url"].encode_request(get("/a%2520b"))

    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == ("/a%2520b", "/a%20b")
    assert event["requestContext"]["accountId"] == "anonymous"


@pytest.mark.requirement("root-path-http-api-stage")
@pytest.mark.parametrize("name", ["http-api", "http-api-1.0"])
@pytest.mark.parametrize(("stage", "prefix"), [("", ""), ("$default", ""), ("live", "/live")])
def test_an_http_api_delivers_a_named_stage_before_the_path(name: str, stage: str, prefix: str) -> None:
    request = FORMATS[name].decode_request(FORMATS[name].encode_request(get("/orders"), Gateway(stage=stage)))

    assert (request.root_path, request.path) == (prefix, f"{prefix}/orders")


@pytest.mark.requirement("root-path-rest-stage", "path-rest-is-decoded-once")
@pytest.mark.parametrize(
    ("raw_path", "route", "parameters"),
    [
        ("/orders/7/lines/2", "/orders/{order-id}/lines/{2nd}", {"order-id": "7", "2nd": "2"}),
        ("/caf%C3%A9/a%2520b", "/{proxy+}", {"proxy": "caf%C3%A9/a%2520b"}),
        ("/orders/7/", "/{proxy+}", {"proxy": "orders/7"}),
        ("/", "/{proxy+}", None),
        ("/orders/7", "/orders/{id}", {"id": "7"}),
        ("/orders/7/items/a/b", "/orders/{id}/items/{rest+}", {"id": "7", "rest": "a/b"}),
        ("/orders", "/orders", None),
    ],
)
def test_a_rest_api_tells_its_stage_and_its_path_parameters(
    raw_path: str, route: str, parameters: dict[str, str] | None
) -> None:
    rest_api = FORMATS["rest-api"]

    event = rest_api.encode_request(get(raw_path), Gateway(stage="live", route=route))

    assert (event["path"], event["requestContext"]["path"]) == (raw_path, f"/live{raw_path}")
    assert (event["resource"], event["pathParameters"]) == (route, parameters)
    request = rest_api.decode_request(event)
    assert (request.root_path, request.raw_path) == ("/live", f"/live{raw_path}".encode())


@pytest.mark.requirement("query-verbatim-in-format-two", "query-alb-is-left-encoded", "query-rest-is-encoded-again")
@pytest.mark.parametrize(
    ("names", "place", "delivered"),
    [
        (TWO, "rawQueryString", "tag=a%20b&tag=c+d&raw=%FF&flag"),
        (TWO, "queryStringParameters", {"tag": "a b,c d", "raw": "\ufffd", "flag": ""}),
        (("http-api-1.0", "rest-api"), "queryStringParameters", {"tag": "c d", "raw": "\ufffd", "flag": ""}),
        (
            ("http-api-1.0", "rest-api"),
            "multiValueQueryStringParameters",
            {"tag": ["a b", "c d"], "raw": ["\ufffd"], "flag": [""]},
        ),
        (("alb",), "queryStringParameters", {"tag": "c+d", "raw": "%FF", "flag": ""}),
        (
            ("alb-multi-value",),
            "multiValueQueryStringParameters",
            {"tag": ["a%20b", "c+d"], "raw": ["%FF"], "flag": [""]},
        ),
        (("vpc-lattice",), "queryStringParameters", {"tag": ["a%20b", "c+d"], "raw": ["%FF"], "flag": [""]}),
        (("vpc-lattice-1.0",), "query_string_parameters", {"tag": "c+d", "raw": "%FF", "flag": ""}),
    ],
    ids=str,
)
def test_parameters_are_decoded_joined_or_dropped_as_the_service_does(
    names: tuple[str, ...], place: str, delivered: object
) -> None:
    for name in names:
        assert FORMATS[name].encode_request(get("/", "tag=a%20b&tag=c+d&raw=%FF&flag"))[place] == delivered


@pytest.mark.parametrize(
    ("names", "place", "without"),
    [
        (TWO, "queryStringParameters", "missing"),
        (("http-api-1.0", "rest-api"), "multiValueQueryStringParameters", None),
        (("alb", "vpc-lattice"), "queryStringParameters", {}),
    ],
)
def test_a_request_without_parameters_has_none(names: tuple[str, ...], place: str, without: object) -> None:
    for name in names:
        assert FORMATS[name].encode_request(get()).get(place, "missing") == without


@pytest.mark.requirement("headers-rest-repeats-are-kept")
@pytest.mark.parametrize(
    ("names", "field", "delivered"),
    [
        (TWO, "headers", "red,blüe"),
        (("http-api-1.0", "rest-api", "alb"), "headers", "blüe"),
        (("vpc-lattice-1.0",), "headers", "red, blüe"),
        (("http-api-1.0", "rest-api", "alb-multi-value"), "multiValueHeaders", ["red", "blüe"]),
        (("vpc-lattice",), "headers", ["red", "blüe"]),
    ],
)
def test_repeated_headers_are_joined_listed_or_dropped_as_the_service_does(
    names: tuple[str, ...], field: str, delivered: object
) -> None:
    for name in names:
        event = FORMATS[name].encode_request(get("/", "", (b"x-tag", b"red"), (b"x-tag", b"bl\xfce")))
        assert event[field]["x-tag"] == delivered


@pytest.mark.requirement("cookies-format-two")
def test_format_two_lists_the_cookies_and_an_http_api_takes_their_header_away() -> None:
    request = get("/", "", (b"cookie", b"a=1; b=2;"))

    for name in TWO:
        event = FORMATS[name].encode_request(request)
        assert event["cookies"] == ["a=1", "b=2"]
        assert ("cookie" in event["headers"]) is (name == "function-url")
        assert "cookies" not in FORMATS[name].encode_request(get())


@pytest.mark.requirement("headers-content-length-is-restored")
def test_a_rest_api_drops_the_content_length_and_it_comes_back() -> None:
    rest_api = FORMATS["rest-api"]
    request = post("text/plain", b"four", (b"content-length", b"4"))

    event = rest_api.encode_request(request)

    assert "content-length" not in event["multiValueHeaders"] | event["headers"]
    assert rest_api.decode_request(event).headers.count((b"content-length", b"4")) == 1
    assert FORMATS["http-api-1.0"].encode_request(request)["headers"]["content-length"] == "4"


@pytest.mark.requirement("body-base64")
@pytest.mark.parametrize(
    ("names", "content_type", "text"),
    [
        ((*TWO, "http-api-1.0"), "application/problem+json", True),
        (["http-api-1.0"], "application/x-www-form-urlencoded", True),
        (TWO, "application/x-www-form-urlencoded", False),
        ((*TWO, "http-api-1.0"), "image/gif", False),
        ((*TWO, "http-api-1.0", *PLAIN), None, True),
        (PLAIN, "application/json", True),
        (PLAIN, "application/problem+json", False),
        (PLAIN, "application/x-www-form-urlencoded", False),
        (("rest-api",), "text/plain", False),
    ],
)
def test_a_body_travels_as_the_service_sends_its_type(
    names: tuple[str, ...], content_type: str | None, *, text: bool
) -> None:
    for name in names:
        event = FORMATS[name].encode_request(post(content_type, "ñ".encode()))
        assert event["body"] == ("ñ" if text else "w7E=")
        assert event.get("isBase64Encoded", event.get("is_base64_encoded")) is not text


@every_format
def test_a_text_body_that_is_no_utf_8_survives(name: str) -> None:
    event = FORMATS[name].encode_request(post("text/plain", b"\xf1"))

    assert FORMATS[name].decode_request(event).body == b"\xf1"


@pytest.mark.parametrize("name", PLAIN)
def test_a_compressed_body_is_base64_behind_load_balancers_and_lattice(name: str) -> None:
    event = FORMATS[name].encode_request(post("text/plain", b"as text", (b"content-encoding", b"gzip")))

    assert event["body"] == "YXMgdGV4dA=="


@pytest.mark.parametrize(
    ("binary_media_types", "decoded"),
    [
        (("*/*",), b"\xf1"),
        (("image/*", "text/plain"), b"\xf1"),
        (("image/*",), "\ufffd".encode()),
        ((), "\ufffd".encode()),
    ],
)
def test_a_rest_api_reads_what_is_not_among_its_binary_media_types_as_utf_8(
    binary_media_types: tuple[str, ...], decoded: bytes
) -> None:
    rest_api = FORMATS["rest-api"]

    event = rest_api.encode_request(post("text/plain", b"\xf1"), Gateway(binary_media_types=binary_media_types))

    assert rest_api.decode_request(event).body == decoded


@every_format
def test_a_request_without_a_body_decodes_to_none(name: str) -> None:
    event = FORMATS[name].encode_request(get())

    assert not event.get("body")
    assert FORMATS[name].decode_request(event).body == b""


@pytest.mark.parametrize("name", [*TWO, "http-api-1.0", "rest-api"])
def test_an_api_names_its_domain(name: str) -> None:
    event = FORMATS[name].encode_request(get(), Gateway(domain="api.example.org"))

    assert event["requestContext"]["domainName"] == "api.example.org"
    assert event["requestContext"]["domainPrefix"] == "api"
    assert FORMATS[name].decode_request(event).server == ("api.example.org", 443)


@pytest.mark.parametrize("name", ["function-url", "http-api", "http-api-1.0", "rest-api"])
def test_what_an_authorizer_found_out_is_in_the_event(name: str) -> None:
    gateway = Gateway(authorizer={"principalId": "anna"})

    assert FORMATS[name].encode_request(get(), gateway)["requestContext"]["authorizer"] == {"principalId": "anna"}
    assert "authorizer" not in FORMATS[name].encode_request(get())["requestContext"]


def test_a_function_url_knows_the_account_of_who_signs() -> None:
    signed = FORMATS["function-url"].encode_request(get(), Gateway(authorizer={"iam": {}}))

    assert signed["requestContext"]["accountId"] == Gateway().account_id
    assert FORMATS["function-url"].encode_request(get())["requestContext"]["accountId"] == "anonymous"


def test_a_rest_api_knows_the_key_of_who_signs() -> None:
    signed = FORMATS["rest-api"].encode_request(get(), Gateway(identity={"accessKey": "AKIA"}))
    unsigned = FORMATS["rest-api"].encode_request(get())

    identity = unsigned["requestContext"]["identity"]
    assert identity["accessKey"] is None
    assert signed["requestContext"]["identity"] == identity | {"accessKey": "AKIA"}


@pytest.mark.parametrize(
    ("raw_path", "behind"), [("/prod", "/"), ("/prod/", "/"), ("/prod/a%20b", "/a%20b"), ("/prod/prod", "/prod")]
)
def test_a_request_can_be_seen_from_behind_its_root(raw_path: str, behind: str) -> None:
    request = get(raw_path)._replace(path=raw_path.replace("%20", " "), root_path="/prod").behind_root()

    assert (request.raw_path, request.path) == (behind.encode(), behind.replace("%20", " "))
    assert request.root_path == ""


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/orders/open", "/orders/open"),
        ("/orders/5", "/orders/{id}"),
        ("/orders/5/lines/6", "/orders/{id}/{rest+}"),
        ("/", "/"),
        ("/items", None),
    ],
)
def test_a_path_belongs_to_the_most_specific_resource(path: str, resource: str | None) -> None:
    resources = ("/orders/{id}/{rest+}", "/orders/{id}", "/", "/orders/open")
    assert find_resource(resources, path) == resource


@pytest.mark.parametrize(
    ("accept", "first"), [([], ""), ([b"image/png, */*"], "image/png"), ([b"text/html;q=1", b"*/*"], "text/html;q=1")]
)
def test_the_first_accepted_type_counts(accept: list[bytes], first: str) -> None:
    assert first_accepted([(b"host", b"x"), *((b"accept", value) for value in accept)]) == first
