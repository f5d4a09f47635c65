"""What a service encodes, the function reads back, but for what that service is known to lose; and the other way."""

from collections.abc import Iterable
from typing import AnyStr
from urllib.parse import parse_qsl, quote, unquote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit.events import FORMATS, Gateway, Request, Response

GATEWAY = Gateway(source_ip="192.0.2.44")
TWO = {"function-url", "http-api"}
DECODES_THE_PATH = {"http-api", "http-api-1.0"}
LAST_PARAMETER = {"alb"}
QUERY_VERBATIM = {"function-url", "http-api", "vpc-lattice", "vpc-lattice-1.0"}
SEPARATORS = {"function-url": b",", "http-api": b",", "vpc-lattice-1.0": b", "}
ANSWERS_JOINED = {"function-url", "http-api", "alb", "vpc-lattice-1.0"}
FORWARDING = {b"x-amzn-trace-id", b"x-forwarded-for", b"x-forwarded-port", b"x-forwarded-proto"}

TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.!", min_size=1, max_size=8).map(str.encode)
VALUE = st.text(st.characters(max_codepoint=255), max_size=12).map(lambda text: text.encode("latin-1"))
NAMES = st.sampled_from([b"x-tag", b"vary", b"accept"]) | TOKEN.filter(
    lambda name: name not in FORWARDING | {b"cookie", b"set-cookie", b"content-length", b"content-type"}
)
CONTENT_TYPES = st.sampled_from(
    [b"text/plain", b"application/json", b"application/problem+json", b"text/html; charset=latin-1", b"image/gif"]
)
BODIES = st.binary(max_size=40) | st.text(max_size=20).map(str.encode)
COOKIE = st.lists(st.sampled_from([b"a=1", b"b=2", b"c=x,y"]), min_size=1, max_size=3, unique=True).map(b"; ".join)

every_format = pytest.mark.parametrize("name", FORMATS)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw requests as a client writes them on the wire."""
    raw_path = "/" + quote(draw(st.text(max_size=15)), safe=draw(st.sampled_from(["/", "", "/:@!$&'()*+,;=~"])))
    parameters = draw(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=5))
    headers = draw(st.lists(st.tuples(NAMES, VALUE), max_size=6))
    headers += [(b"cookie", cookie) for cookie in draw(st.lists(COOKIE, max_size=1))]
    headers += [(b"x-forwarded-for", b"10.0.0.1")] * draw(st.integers(0, 2))
    body = draw(BODIES)
    if body:
        headers += [(b"content-type", draw(CONTENT_TYPES)), (b"content-length", b"%d" % len(body))]
    method = draw(st.sampled_from(["GET", "DELETE", "QUERY"] if not body else ["POST", "PATCH", "DELETE"]))
    return Request(method, unquote(raw_path), raw_path.encode(), urlencode(parameters).encode(), headers, body)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    headers = draw(st.lists(st.tuples(NAMES, VALUE), max_size=6))
    headers += [(b"set-cookie", cookie) for cookie in draw(st.lists(COOKIE, max_size=4))]
    headers += [(b"content-type", content_type) for content_type in draw(st.lists(CONTENT_TYPES, max_size=1))]
    headers += [(b"content-encoding", b"gzip")] * draw(st.integers(0, 1))
    return Response(draw(st.integers(100, 599)), draw(st.permutations(headers)), draw(BODIES))


@every_format
@settings(max_examples=200, deadline=None)
@given(request=requests())
@pytest.mark.requirement(
    "path-raw-path-is-set", "query-repeats-are-kept", "headers-rest-repeats-are-kept", "headers-beyond-ascii"
)
def test_a_request_comes_back_but_for_what_the_service_loses(name: str, request: Request) -> None:
    decoded = FORMATS[name].decode_request(FORMATS[name].encode_request(request, GATEWAY))

    assert decoded.method == request.method
    assert decoded.body == request.body
    assert (decoded.client, decoded.scheme) == (("192.0.2.44", 0), "https")
    assert_path_comes_back(name, request, decoded)
    assert_query_comes_back(name, request, decoded)
    assert grouped(decoded.headers) == delivered_headers(name, request)


def assert_path_comes_back(name: str, request: Request, decoded: Request) -> None:
    if name in DECODES_THE_PATH:
        assert decoded.path == request.path.partition("?")[0]
        assert unquote(decoded.raw_path.decode("ascii")) == decoded.path
    else:
        stage = "/prod" if name == "rest-api" else ""
        assert decoded.root_path == stage
        assert decoded.path == stage + request.path
        assert decoded.raw_path == stage.encode() + request.raw_path


def assert_query_comes_back(name: str, request: Request, decoded: Request) -> None:
    sent, arrived = parameters_of(request), parameters_of(decoded)
    if name in QUERY_VERBATIM:
        assert decoded.query == request.query
    elif name in LAST_PARAMETER:
        assert arrived == {parameter: values[-1:] for parameter, values in sent.items()}
    else:
        assert arrived == sent


def delivered_headers(name: str, request: Request) -> dict[bytes, list[bytes]]:
    """Return the values by name that arrive, by what AWS documents of each service."""
    sent = grouped(request.headers)
    if name == "alb":
        sent = {header: values[-1:] for header, values in sent.items()}
    elif name in SEPARATORS:
        sent = {header: [SEPARATORS[name].join(values)] for header, values in sent.items()}
    peers = [value for header, value in request.headers if header == b"x-forwarded-for"]
    return sent | {
        b"x-amzn-trace-id": [GATEWAY.trace_id.encode()],
        b"x-forwarded-for": [b", ".join([*peers, b"192.0.2.44"])],
        b"x-forwarded-port": [b"443"],
        b"x-forwarded-proto": [b"https"],
    }


@every_format
@settings(max_examples=200, deadline=None)
@given(response=responses())
@pytest.mark.requirement("response-cookies", "response-repeated-headers", "response-text-or-base64")
def test_a_response_comes_back_but_for_joined_headers(name: str, response: Response) -> None:
    decoded = FORMATS[name].decode_response(FORMATS[name].encode_response(response))

    sent = grouped(response.headers)
    if name in ANSWERS_JOINED:
        sent = {header: values if header == b"set-cookie" else [b", ".join(values)] for header, values in sent.items()}
    if name in TWO:
        # The service, and not the adapter, adds it.
        sent.setdefault(b"content-type", [b"application/json"])
    assert (decoded.status, decoded.body) == (response.status, response.body)
    assert grouped(decoded.headers) == sent


def parameters_of(request: Request) -> dict[str, list[str]]:
    return grouped(parse_qsl(request.query.decode("ascii"), keep_blank_values=True))


def grouped(pairs: Iterable[tuple[AnyStr, AnyStr]]) -> dict[AnyStr, list[AnyStr]]:
    groups: dict[AnyStr, list[AnyStr]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups
