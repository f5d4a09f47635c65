from typing import Any

import pytest

from lambdakit.errors import MalformedEvent
from lambdakit.events import FORMATS
from tests.events.golden import load, source_of

MISSING = object()


def changed(name: str, place: str, value: object) -> Any:
    """Return a golden event with another value, or none, at a dotted place."""
    event = target = load(name)
    *parents, last = place.split("/")
    for parent in parents:
        target = target[parent]
    target.pop(last) if value is MISSING else target.update({last: value})
    return event


@pytest.mark.requirement("hostile-events")
@pytest.mark.parametrize(
    ("name", "place", "value", "mistake"),
    [
        ("function-url--encoded-path", "rawPath", MISSING, "rawPath is missing"),
        ("function-url--encoded-path", "rawPath", 5, "rawPath is 5, expected text"),
        ("function-url--encoded-path", "rawPath", ["/"], "rawPath is ['/'], expected text"),
        ("function-url--encoded-path", "rawPath", "/\ud800", "rawPath is no Unicode"),
        ("function-url--encoded-path", "rawQueryString", {"a": "b"}, "rawQueryString is {'a': 'b'}, expected text"),
        ("function-url--encoded-path", "headers", "none", "headers is 'none', expected an object"),
        ("function-url--encoded-path", "headers/host", ["a", "b"], "headers['host'] is ['a', 'b'], expected text"),
        ("function-url--encoded-path", "headers", {"x": "日\ud800"}, "headers['x'] is no Unicode"),
        ("function-url--encoded-path", "headers", {7: "x"}, "headers has a name that is 7, expected text"),
        ("function-url--encoded-path", "requestContext/http", MISSING, "requestContext.http is missing"),
        ("function-url--encoded-path", "requestContext/http", [], "requestContext.http is [], expected an object"),
        (
            "function-url--encoded-path",
            "requestContext/http/method",
            MISSING,
            "requestContext.http.method is missing",
        ),
        (
            "function-url--encoded-path",
            "requestContext/http/method",
            ["GET"],
            "requestContext.http.method is ['GET'], expected text",
        ),
        (
            "function-url--encoded-path",
            "requestContext/http/sourceIp",
            16909060,
            "requestContext.http.sourceIp is 16909060, expected text",
        ),
        (
            "function-url--encoded-path",
            "requestContext/domainName",
            {"a": 1},
            "requestContext.domainName is {'a': 1}, expected text",
        ),
        ("function-url--base64-body", "body", "no base64", "cannot be read: the body says it is base64 and is not"),
        ("function-url--base64-body", "body", 5, "body is 5, expected text"),
        ("function-url--base64-body", "isBase64Encoded", "yes", "isBase64Encoded is 'yes', expected true or false"),
        ("http-api--default-stage", "rawPath", 5, "rawPath is 5, expected text"),
        ("http-api--default-stage", "cookies", "a=1", "cookies is 'a=1', expected a list of text"),
        ("http-api--default-stage", "cookies", ["a=1", 5], "cookies[1] is 5, expected text"),
        ("http-api--default-stage", "requestContext", None, "requestContext is missing"),
        ("http-api--literal-percent-sign", "body", "\udcff", "body is no Unicode"),
        ("http-api-1.0--default-stage", "path", 5, "path is 5, expected text"),
        ("http-api-1.0--default-stage", "httpMethod", None, "httpMethod is missing"),
        ("http-api-1.0--base-path-mapping", "resource", ["/"], "resource is ['/'], expected text"),
        ("http-api-1.0--base-path-mapping", "pathParameters", "id", "pathParameters is 'id', expected an object"),
        (
            "http-api-1.0--base-path-mapping",
            "pathParameters/id",
            7,
            "pathParameters['id'] is 7, expected text",
        ),
        ("rest-api--stage", "path", MISSING, "path is missing"),
        ("rest-api--stage", "requestContext/path", 5, "requestContext.path is 5, expected text"),
        (
            "rest-api--stage",
            "requestContext/identity",
            "me",
            "requestContext.identity is 'me', expected an object",
        ),
        (
            "rest-api--stage",
            "requestContext/identity/sourceIp",
            ["192.0.2.1"],
            "requestContext.identity.sourceIp is ['192.0.2.1'], expected text",
        ),
        (
            "rest-api--stage",
            "multiValueHeaders/X-Tag",
            "red",
            "multiValueHeaders['X-Tag'] is 'red', expected a list of text",
        ),
        (
            "rest-api--stage",
            "multiValueHeaders/X-Tag",
            ["red", None],
            "multiValueHeaders['X-Tag'][1] is None, expected text",
        ),
        (
            "rest-api--stage",
            "multiValueQueryStringParameters/tag",
            [7],
            "multiValueQueryStringParameters['tag'][0] is 7, expected text",
        ),
        ("alb--plain", "path", ["/"], "path is ['/'], expected text"),
        ("alb--plain", "httpMethod", 5, "httpMethod is 5, expected text"),
        ("alb--plain", "headers/host", 5, "headers['host'] is 5, expected text"),
        (
            "alb--plain",
            "queryStringParameters/note",
            {"a": "b"},
            "queryStringParameters['note'] is {'a': 'b'}, expected text",
        ),
        (
            "alb-multi-value--repeats",
            "multiValueQueryStringParameters/tag",
            [["new"]],
            "multiValueQueryStringParameters['tag'][0] is ['new'], expected text",
        ),
        ("vpc-lattice--repeats", "path", 5, "path is 5, expected text"),
        ("vpc-lattice--repeats", "method", ["GET"], "method is ['GET'], expected text"),
        ("vpc-lattice--repeats", "headers/x-tag", ["red", 5], "headers['x-tag'][1] is 5, expected text"),
        ("vpc-lattice--repeats", "headers/x-tag", 5, "headers['x-tag'] is 5, expected text"),
        (
            "vpc-lattice--parameters-alone",
            "queryStringParameters/page",
            2,
            "queryStringParameters['page'] is 2, expected text",
        ),
        ("vpc-lattice-1.0--plain", "raw_path", MISSING, "raw_path is missing"),
        ("vpc-lattice-1.0--plain", "headers/host", ["a"], "headers['host'] is ['a'], expected text"),
        ("vpc-lattice-1.0--plain", "is_base64_encoded", 5, "is_base64_encoded is 5, expected true or false"),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(name: str, place: str, value: object, mistake: str) -> None:
    event_format = FORMATS[source_of(name)]

    with pytest.raises(MalformedEvent) as raised:
        event_format.decode_request(changed(name, place, value))

    # What Python says of a wrong base64 text differs between its versions.
    assert raised.value.what.partition(" (")[0] == mistake
    assert raised.value.where == f"an event of {event_format.name}"
    assert raised.value.fix == "send the event as AWS documents it"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("event", [{}, [], None, "event", 5])
def test_an_event_without_any_field_misses_the_first_required_one(name: str, event: Any) -> None:
    first = next(field.place for field in FORMATS[name].fields if field.required)

    with pytest.raises(MalformedEvent, match=f"^{first} is missing"):
        FORMATS[name].decode_request(event)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("function-url--encoded-path", "rawPath"),
        ("http-api--default-stage", "rawPath"),
        ("http-api-1.0--default-stage", "path"),
        ("alb--plain", "path"),
        ("vpc-lattice--repeats", "path"),
        ("vpc-lattice-1.0--plain", "raw_path"),
    ],
)
def test_an_empty_path_is_the_root(name: str, place: str) -> None:
    request = FORMATS[source_of(name)].decode_request(changed(name, place, ""))

    assert (request.path, request.raw_path) == ("/", b"/")


@pytest.mark.parametrize(
    ("protocol", "version"),
    [("HTTP/1.0", "1.0"), ("HTTP/2.0", "2"), ("HTTP/3", "3"), ("SPDY", "1.1"), (None, "1.1"), (["HTTP/2"], "1.1")],
)
def test_the_protocol_is_told_as_a_version(protocol: object, version: str) -> None:
    event = changed("rest-api--stage", "requestContext/protocol", protocol)

    assert FORMATS["rest-api"].decode_request(event).http_version == version


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("function-url--encoded-path", ["headers", "cookies", "rawQueryString", "requestContext/http/sourceIp"]),
        ("http-api--default-stage", ["headers", "cookies", "rawQueryString", "requestContext/domainName"]),
        (
            "rest-api--base-path-mapping",
            ["headers", "multiValueHeaders", "pathParameters", "resource", "requestContext/identity"],
        ),
        ("alb--plain", ["headers", "queryStringParameters", "body", "isBase64Encoded"]),
        ("vpc-lattice--parameters-alone", ["headers", "queryStringParameters", "body", "isBase64Encoded"]),
    ],
)
@pytest.mark.requirement("headers-null-is-no-header", "body-missing", "server-without-host")
def test_a_null_field_is_a_missing_one(name: str, places: list[str]) -> None:
    decode = FORMATS[source_of(name)].decode_request

    for place in places:
        assert decode(changed(name, place, None)) == decode(changed(name, place, MISSING))
