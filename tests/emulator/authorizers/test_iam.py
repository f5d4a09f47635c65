"""Signatures of botocore against what a gateway computes."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.emulator.authorizers import LOCAL_CREDENTIALS, Authorized, Credentials, IamAuthorizer
from lambdakit.emulator.authorizers.refusals import Kind
from lambdakit.events import Gateway, Request, Response
from tests.emulator.authorizers.signing import as_request, sign

URL = "http://127.0.0.1:20123"
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=8)


def ask(request: Request, kind: Kind = "function-url", **settings: Any) -> Authorized | Response:
    return asyncio.run(IamAuthorizer(kind, **settings).authorize(request, Gateway()))


def message(answer: Authorized | Response) -> str:
    assert isinstance(answer, Response)
    assert answer.status == 403
    content = json.loads(answer.body)
    return content.get("message") or content["Message"]


def signed(path: str = "/items?a=1", **settings: Any) -> Request:
    body = settings.get("body", b"")
    address, headers = sign(URL + path, **settings)
    return as_request(address, headers, method=settings.get("method", "GET"), body=body)


@pytest.mark.parametrize("form", ["header", "query"])
@pytest.mark.parametrize("key", LOCAL_CREDENTIALS)
@pytest.mark.parametrize(
    ("kind", "service"), [("function-url", "lambda"), ("http-api", "execute-api"), ("rest-api", "execute-api")]
)
def test_a_signed_request_passes(kind: Kind, service: str, key: Credentials, form: str) -> None:
    answer = ask(signed(service=service, key=key, form=form), kind)

    assert isinstance(answer, Authorized)
    found = answer.identity if kind == "rest-api" else (answer.context or {})["iam"]
    assert found is not None
    assert found["accessKey"] == key.key_id
    assert found["userArn"] == "arn:aws:iam::123456789012:user/local"


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    parts=st.lists(TEXT, max_size=4),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=4),
    body=st.binary(max_size=50),
    headers=st.dictionaries(
        st.from_regex(r"\Ax-[a-z]{1,6}\Z"), st.text("abc ,;=\t\"'", max_size=12).map(str.strip), max_size=3
    ),
    form=st.sampled_from(["header", "query"]),
)
def test_whatever_botocore_signs_passes_and_what_has_changed_on_its_way_does_not(
    method: str,
    parts: list[str],
    query: list[tuple[str, str]],
    body: bytes,
    headers: dict[str, str],
    form: str,
) -> None:
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    pairs = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    address = f"{path}?{pairs}" if pairs else path
    content = b"" if form == "query" else body

    request = signed(address, method=method, body=content, headers=headers, form=form)

    assert isinstance(ask(request), Authorized)
    assert isinstance(ask(request._replace(body=content + b"x")), Response)
    assert isinstance(ask(request._replace(raw_path=request.raw_path + b"x")), Response)
    assert isinstance(ask(request._replace(method="PUT")), Response)
    assert isinstance(ask(request._replace(query=request.query + b"&x=1")), Response)


@pytest.mark.parametrize(
    "path", ["/a/../b", "/./a", "//a//b/", "/a/..", "/a%2Fb", "/a%20b/ü", "/%C3%BC", "/a+b", "/~a"]
)
def test_paths_are_read_as_the_signer_reads_them(path: str) -> None:
    assert isinstance(ask(signed(quote(path, safe="/%~+."))), Authorized)


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    now = time.time()
    moment = datetime.fromtimestamp(now + seconds, UTC).strftime("%Y%m%dT%H%M%SZ")

    assert isinstance(ask(signed(moment=moment), clock=lambda: now), Authorized)


def test_an_address_that_is_signed_lasts_as_long_as_it_says() -> None:
    request, now = signed(form="query"), time.time()

    assert isinstance(ask(request, clock=lambda: now + 3_590), Authorized)
    assert message(ask(request, clock=lambda: now + 3_610)).endswith("- 60 min.)")
    assert "not yet current" in message(ask(request, clock=lambda: now - 400))


SCOPE_ERRORS: dict[str, dict[str, Any]] = {
    "Credential should be scoped to a valid region, not 'eu-west-1'. ": {"region": "eu-west-1"},
    "Credential should be scoped to correct service: 'lambda'. ": {"service": "execute-api"},
}


@pytest.mark.parametrize("text", SCOPE_ERRORS)
def test_a_signature_for_elsewhere_is_refused(text: str) -> None:
    assert message(ask(signed(**SCOPE_ERRORS[text]))) == text


def with_header(value: str, **more: str) -> Request:
    headers = {"x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), **more}
    return as_request(URL, {**headers, "authorization": value})


TODAY = datetime.now(UTC).strftime("%Y%m%d")
GOOD = f"AWS4-HMAC-SHA256 Credential=A/{TODAY}/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Bearer abc", "'abc' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer abc'."),
        ("abc", "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "),
        ("", "Authorization header requires 'Credential' parameter."),
        (GOOD.replace("Signature=0", ""), "Authorization header requires 'Signature' parameter. (Hashed with SHA-256"),
        (GOOD.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "Unsupported AWS 'algorithm': 'AWS4-ECDSA"),
        (GOOD.replace("/lambda", ""), "Credential must have exactly 5 slash-delimited elements"),
        (GOOD.replace("aws4_request", "aws5"), "Credential should be scoped with a valid terminator: 'aws4_request'"),
        (GOOD.replace("SignedHeaders=host", "SignedHeaders=x-amz-date"), "'Host' or ':authority' must be a"),
        (GOOD.replace(TODAY, "20200101"), "Date in Credential scope does not match YYYYMMDD from ISO-8601 version"),
        (GOOD, "The security token included in the request is invalid."),
        (GOOD.replace("=A/", f"={LOCAL_CREDENTIALS[0].key_id}/"), "The request signature we calculated does not match"),
        (GOOD.replace("=A/", f"={LOCAL_CREDENTIALS[0].key_id}/") + "\xe9", "The request signature we calculated does"),
    ],
)
def test_a_header_is_refused_for_what_is_wrong_with_it(header: str, text: str) -> None:
    assert message(ask(with_header(header))).startswith(text)


def test_a_moment_has_to_be_given_as_aws_writes_it() -> None:
    assert message(ask(with_header(GOOD, **{"x-amz-date": "today"}))).startswith("Date must be in ISO-8601")
    dated = as_request(URL, {"authorization": GOOD, "date": "Mon, 09 Nov 2026 23:36:00 GMT"})
    assert message(ask(dated)).startswith("Date must be in ISO-8601 'basic format'. Got 'Mon, 09 Nov 2026")
    without = as_request(URL, {"authorization": GOOD})
    assert "existence of either a 'X-Amz-Date' or a 'Date' header" in message(ask(without))


QUERY = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260101%2Fus-east-1%2Flambda%2Faws4_request"
    "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("X-Amz-Signature=0", "AWS query-string parameters must include 'X-Amz-Algorithm'."),
        (QUERY.replace("Signature=0", "Signature="), "AWS query-string parameters must include 'X-Amz-Signature'."),
        (QUERY.replace("HMAC", "NONE"), "Unsupported AWS 'algorithm': 'AWS4-NONE-SHA256'."),
        (QUERY.replace("=60", "=604801"), "'X-Amz-Expires' must be"),
        (QUERY.replace("=60", "=-1"), "'X-Amz-Expires' must be"),
        (QUERY.replace("=60", "=%D9%A1"), "'X-Amz-Expires' must be"),
        (QUERY.replace("=60", "=" + "9" * 5_000), "'X-Amz-Expires' must be"),
        (QUERY, "Signature expired: 20260101T000000Z is now earlier than "),
    ],
)
def test_a_query_is_refused_for_what_is_wrong_with_it(query: str, text: str) -> None:
    assert message(ask(as_request(f"{URL}/?{query}", {}))).startswith(text)


@pytest.mark.parametrize(
    "key",
    [
        Credentials("AKIAUNKNOWN", LOCAL_CREDENTIALS[0].secret),
        Credentials(LOCAL_CREDENTIALS[0].key_id, LOCAL_CREDENTIALS[0].secret, "another"),
        Credentials(LOCAL_CREDENTIALS[0].key_id, "another"),
    ],
)
def test_only_keys_that_are_known_are_accepted(key: Credentials) -> None:
    request = signed(key=key)

    assert isinstance(ask(request), Response)
    assert isinstance(ask(request, credentials=[key]), Authorized)


def test_two_signatures_are_none() -> None:
    request = signed()
    twice = [pair for pair in request.headers if pair[0] == b"authorization"]

    assert isinstance(ask(request._replace(headers=[*request.headers, *twice])), Response)


def test_an_http_api_keeps_to_itself_what_is_wrong() -> None:
    for request in (as_request(URL, {}), with_header("Bearer abc"), signed(service="lambda")):
        answer = ask(request, "http-api")
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')


def test_a_rest_api_shows_what_it_computed() -> None:
    request = signed(service="execute-api")._replace(query=b"a=2")

    text = message(ask(request, "rest-api"))

    assert "The Canonical String for this request should have been\n'GET\n/items\na=2\nhost:127.0.0.1:20123\n" in text
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in text


def test_a_developer_is_told_what_a_function_url_keeps_to_itself() -> None:
    told: list[str] = []

    ask(signed()._replace(query=b"a=2"), log=told.append)
    ask(as_request(URL, {}), log=told.append)

    assert told[0].startswith("refused GET '/items': The request signature we calculated does not match")
    assert "should have been\n'GET\n/items\na=2\n" in told[0]
    assert told[1] == "refused GET '/': it is not signed"


@given(header=st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\x00"), max_size=80))
def test_headers_of_any_kind_are_refused(header: str) -> None:
    for value in (header, f"AWS4-HMAC-SHA256 {header}", f"{GOOD} {header}"):
        assert isinstance(ask(with_header(value)), Response)


@given(query=st.binary(max_size=60))
def test_queries_of_any_kind_are_refused(query: bytes) -> None:
    for each in (query, b"X-Amz-Algorithm=AWS4-HMAC-SHA256&" + query, QUERY.encode() + b"&" + query):
        assert isinstance(ask(as_request(URL, {})._replace(query=each)), Response)


def test_a_signature_that_is_a_day_old_says_so() -> None:
    moment = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y%m%dT%H%M%SZ")

    assert message(ask(signed(moment=moment))).startswith(f"Signature expired: {moment} is now earlier than ")
