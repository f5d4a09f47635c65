import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambdakit.errors import MalformedEvent, UnknownEvent
from lambdakit.events import FORMATS, Request, detect
from lambdakit.events import SOURCES as SOURCE_NAMES
from lambdakit.events.detection import describe_shape
from tests.events.golden import NAMES, load, source_of
from tests.events.samples import NO_SAMPLES, SAMPLES, SOURCES, expected_source, load_sample

needs_samples = pytest.mark.skipif(not SAMPLES, reason=NO_SAMPLES)


@pytest.mark.requirement("detect-never-guesses")
@pytest.mark.parametrize("name", NAMES)
def test_a_golden_event_is_recognised_as_what_it_is(name: str) -> None:
    assert detect(load(name)) == source_of(name)


@pytest.mark.requirement("detect-never-guesses")
@needs_samples
def test_every_sample_event_is_recognised_as_what_it_is() -> None:
    sources = {name: expected_source(name) for name in SAMPLES}

    assert {name: detected(load_sample(name)) for name in SAMPLES} == sources


def test_every_name_of_a_source_is_one_that_detection_returns() -> None:
    assert {source_of(name) for name in NAMES} == {*FORMATS, *SOURCE_NAMES}


def test_samples_and_golden_events_are_of_the_same_sources() -> None:
    assert {source for _, source in SOURCES} == {*(source_of(name) for name in NAMES), None}


@needs_samples
def test_a_sample_of_an_http_format_decodes_or_names_the_field_that_is_wrong() -> None:
    wrong = dict(mistakes())

    assert wrong == {
        "powertools/apiGatewayProxyEventAnotherPath.json": "the body says it is base64 and is not",
        "powertools/apiGatewayProxyEventPathTrailingSlash.json": "the body says it is base64 and is not",
        "powertools/apiGatewayProxyEvent_noVersionAuth.json": "the body says it is base64 and is not",
        "sam/alb__ALBRequest.json": "the body says it is base64 and is not",
        "sam/apigateway__AwsProxy.json": "queryStringParameters is '{{{querystringparameters}}}', expected an object",
        "sam/apigateway__HttpApi.json": "the body says it is base64 and is not",
    }


def detected(event: Any) -> str | None:
    try:
        return detect(event)
    except UnknownEvent:
        return None


def mistakes() -> Iterator[tuple[str, str]]:
    """Yield the samples that do not decode, each with what is wrong."""
    for name in SAMPLES:
        event_format = FORMATS.get(expected_source(name) or "")
        if event_format is None:
            continue
        try:
            assert isinstance(event_format.decode_request(load_sample(name)), Request)
        except MalformedEvent as error:
            yield name, error.what.removeprefix("cannot be read: ").partition(" (")[0]


@pytest.mark.requirement("detect-function-url")
def test_a_function_url_and_an_http_api_are_told_apart_by_the_domain_name() -> None:
    event = load("function-url--encoded-path")
    assert detect(event) == "function-url"

    event["requestContext"]["domainName"] = load("http-api--default-stage")["requestContext"]["domainName"]
    assert detect(event) == "http-api"


@pytest.mark.parametrize("domain", [None, 5, [], ["x.lambda-url.y"]])
def test_a_domain_name_that_is_no_text_makes_no_function_url(domain: object) -> None:
    event = load("function-url--encoded-path")
    event["requestContext"]["domainName"] = domain

    assert detect(event) == "http-api"


UNKNOWN: list[tuple[object, str]] = [
    ({}, "an empty object"),
    (None, "a value of type NoneType"),
    ([{"Records": []}], "a value of type list"),
    ("Records", "a value of type str"),
    ({"zebra": 1, "ant": 2}, "an object with the keys ant, zebra"),
    ({"a\nb": 1, "\ud800": 2, 7: 3}, r"an object with the keys '\ud800', 'a\nb', 7"),
    ({"k" * 100: 1}, f"an object with the keys {'k' * 40}"),
    (
        dict.fromkeys("abcdefghijklmnop"),
        "an object with the keys a, b, c, d, e, f, g, h, i, j, k, l and 4 more",
    ),
]


@pytest.mark.requirement("detect-names-the-unknown")
@pytest.mark.parametrize(("event", "shape"), UNKNOWN)
def test_an_unknown_event_is_an_error_that_shows_its_shape(event: object, shape: str) -> None:
    assert describe_shape(event) == shape
    with pytest.raises(UnknownEvent) as raised:
        detect(event)
    assert raised.value.what == f"no event source sends {shape}"
    assert "register a callable" in raised.value.fix


HALVES: list[dict[str, Any]] = [
    {"requestContext": {}},
    {"requestContext": {"http": {}}},
    {"requestContext": {}, "httpMethod": "GET"},
    {"requestContext": [], "rawPath": "/"},
    {"Records": []},
    {"Records": "aws:sqs"},
    {"Records": ["aws:sqs"]},
    {"Records": [{}]},
    {"Records": [{"eventSource": "aws:pigeon"}]},
    {"Records": [{"eventSource": ["aws:sqs"]}]},
    {"eventSource": {"aws:rmq": 1}},
    {"eventSource": "aws:pigeon"},
    {"detail-type": "Scheduled Event"},
    {"deliveryStreamArn": "arn:aws:firehose:eu-central-1:402918375566:deliverystream/clicks"},
    {"triggerSource": "PreSignUp_SignUp"},
    {"ResourceType": "Custom::Seed"},
    {"method": "GET", "path": "/"},
]


@pytest.mark.parametrize("event", HALVES, ids=json.dumps)
def test_half_of_a_shape_is_no_source(event: dict[str, Any]) -> None:
    with pytest.raises(UnknownEvent, match="the keys"):
        detect(event)
