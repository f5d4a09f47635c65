import pytest

from lambdakit.events import FORMATS
from tests.events.golden import NAMES, REQUESTS, load, source_of


def golden_of(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", names)


def test_every_golden_event_of_an_http_format_has_its_request_beside_it() -> None:
    assert set(REQUESTS) == {name for name in NAMES if source_of(name) in FORMATS}
    assert {source_of(name) for name in REQUESTS} == set(FORMATS)


@pytest.mark.requirement(
    "path-raw-path-is-set",
    "path-lattice-holds-the-query",
    "headers-names-are-lower-case",
    "body-base64",
    "body-missing",
    "query-repeats-are-kept",
    "client-is-the-peer",
    "scheme-is-forwarded",
)
@golden_of(*REQUESTS)
def test_a_golden_event_decodes_to_its_request(name: str) -> None:
    request = FORMATS[source_of(name)].decode_request(load(name))

    assert request._asdict() == REQUESTS[name]._asdict()


@pytest.mark.requirement("path-http-api-is-decoded-already", "path-http-api-raw-path-is-quoted-again")
@golden_of("http-api--default-stage", "http-api--literal-percent-sign", "http-api-1.0--default-stage")
def test_the_path_of_an_http_api_is_taken_as_it_is_and_quoted_for_the_raw_path(name: str) -> None:
    event = load(name)

    request = FORMATS[source_of(name)].decode_request(event)

    assert request.path == event.get("rawPath", event.get("path"))
    assert b" " not in request.raw_path
    assert request.raw_path.count(b"%25") == request.path.count("%") == 1


@pytest.mark.requirement("path-function-url-is-decoded-once", "path-rest-is-decoded-once", "path-alb-is-decoded-once")
@golden_of(
    "function-url--encoded-path", "rest-api--stage", "alb--plain", "vpc-lattice--repeats", "vpc-lattice-1.0--plain"
)
def test_a_path_that_arrives_encoded_is_decoded_exactly_once(name: str) -> None:
    request = FORMATS[source_of(name)].decode_request(load(name))

    assert request.raw_path.endswith(b"/caf%C3%A9/a%2520b")
    assert request.path.endswith("/café/a%20b")


@pytest.mark.requirement("root-path-rest-stage", "root-path-http-api-stage")
@golden_of("http-api--named-stage", "http-api--named-stage-root", "http-api-1.0--named-stage", "rest-api--stage-root")
def test_a_stage_is_the_root_path_and_the_path_begins_with_it(name: str) -> None:
    request = FORMATS[source_of(name)].decode_request(load(name))

    assert request.root_path in {"/live", "/prod"}
    assert request.path.startswith(f"{request.root_path}/")
    assert request.raw_path.startswith(f"{request.root_path}/".encode())


@pytest.mark.requirement("root-path-custom-domain-has-no-stage")
def test_a_first_segment_that_is_called_like_the_stage_belongs_to_the_app_on_a_custom_domain() -> None:
    event = load("http-api--custom-domain")
    assert event["rawPath"].startswith(f"/{event['requestContext']['stage']}/")

    assert FORMATS["http-api"].decode_request(event).root_path == ""


@pytest.mark.requirement("root-path-base-path-mapping")
@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("rest-api--base-path-mapping", "/v2"),
        ("rest-api--base-path-mapping-and-slash", "/v2"),
        ("http-api-1.0--base-path-mapping", "/shop"),
    ],
)
def test_what_stands_in_front_of_the_matched_resource_is_the_root_path(name: str, mapping: str) -> None:
    assert FORMATS[source_of(name)].decode_request(load(name)).root_path == mapping


@pytest.mark.requirement("query-verbatim-in-format-two")
@golden_of("function-url--encoded-path", "http-api--default-stage")
def test_format_two_delivers_the_query_string_verbatim(name: str) -> None:
    event = load(name)

    assert FORMATS[source_of(name)].decode_request(event).query.decode() == event["rawQueryString"]


@pytest.mark.requirement("cookies-format-two")
@golden_of("function-url--encoded-path", "http-api--default-stage")
def test_the_cookies_of_format_two_are_one_header(name: str) -> None:
    event = load(name)

    request = FORMATS[source_of(name)].decode_request(event)

    sent = [value.decode() for header, value in request.headers if header == b"cookie"]
    assert sent == ["; ".join(event["cookies"])]


@pytest.mark.requirement("headers-null-is-no-header", "headers-content-length-is-restored")
def test_a_test_invocation_of_the_console_has_no_headers_but_a_content_length() -> None:
    event = load("rest-api--console-test")
    assert event["headers"] is event["multiValueHeaders"] is None

    assert FORMATS["rest-api"].decode_request(event).headers == [(b"content-length", b"9")]
