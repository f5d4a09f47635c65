"""The same request gives the same answer as under uvicorn, but for what a service itself changes."""

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdakit.events import FORMATS, Headers, Request
from tests.asgi.effects import REQUEST_EFFECTS, RESPONSE_EFFECTS, TABLE, Got, Seen, changed_request, changed_response
from tests.asgi.effects import read_query as comparable_query
from tests.asgi.servers import Answer, Peers, peers

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
EXAMPLES_PER_PART = 250
PARTS = range(8)
"""2,000 random requests in all, each through every source; in parts, so that they run side by side."""


@pytest.fixture(scope="module")
def both() -> Generator[Peers]:
    with peers() as started:
        yield started


def compare(both: Peers, request: Request, answer: Answer) -> None:
    seen, got = both.through_uvicorn(request, answer)
    for source in FORMATS:
        event_seen, event_got = both.through_events(request, answer, source)
        assert comparable(event_seen, source) == changed_request(seen, source), source
        assert event_got == changed_response(got, source), source


def comparable(seen: Seen, source: str) -> Seen:
    """Leave out the service's own headers and read the query as its effects do."""
    return REQUEST_EFFECTS["forwarding"](seen)._replace(query=comparable_query(seen.query, source))


def make(
    method: str = "GET", path: str = "/", query: str = "", headers: Headers | None = None, body: bytes = b""
) -> Request:
    """Return a request as it stands on the wire."""
    wire: Headers = [(b"host", b"shop.example.com"), *(headers or [])]
    if body or method in {"POST", "PUT", "PATCH"}:
        wire.append((b"content-length", b"%d" % len(body)))
    return Request(method, "", path.encode("ascii"), query.encode("ascii"), wire, body)


JSON = (b"content-type", b"application/json")
REQUESTS = {
    "root": make(),
    "encoded space": make(path="/blue%20box"),
    "encoded slash": make(path="/a%2Fb/c"),
    "encoded percent": make(path="/100%25"),
    "doubly encoded": make(path="/%2561dmin/%252e%252e/x"),
    "encoded question mark": make(path="/what%3Fnow"),
    "encoded hash": make(path="/a%23b"),
    "path beyond ascii": make(path="/caf%C3%A9/%E2%82%AC"),
    "path that is no utf-8": make(path="/%FF%FE"),
    "dots and double slashes": make(path="//a/../b/./c//"),
    "reserved characters": make(path="/a:b@c!$&'()*+,;=~-._"),
    "matrix parameters": make(path="/items;colour=blue/42"),
    "trailing slash": make(path="/items/"),
    "repeated parameters": make(query="tag=a&tag=b&tag=a"),
    "interleaved parameters": make(query="a=1&b=2&a=3"),
    "empty values": make(query="a=&b"),
    "plus and space": make(query="q=a+b&r=a%20b&s=a%2Bb"),
    "query that is no utf-8": make(query="q=%FF"),
    "encoded ampersand and equals": make(query="q=a%26b%3Dc"),
    "query with a url": make(query="next=https%3A%2F%2Fexample.com%2F%3Fa%3Db"),
    "query beyond ascii": make(query="caf%C3%A9=%E2%82%AC"),
    "parameter without a name": make(query="=1"),
    "repeated headers": make(headers=[(b"x-tag", b"a"), (b"x-tag", b"b"), (b"accept", b"text/html, */*;q=0.1")]),
    "empty header": make(headers=[(b"x-empty", b"")]),
    "latin-1 header": make(headers=[(b"x-name", b"caf\xe9")]),
    "utf-8 header": make(headers=[(b"x-name", "café €".encode())]),
    "mixed case header": make(headers=[(b"X-Mixed-Case", b"1")]),
    "cookies": make(headers=[(b"cookie", b"session=abc; theme=dark")]),
    "tight cookies": make(headers=[(b"cookie", b"a=1;b=2;;c=x=y")]),
    "forwarded headers of the client": make(
        headers=[(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-proto", b"http")]
    ),
    "json body": make("POST", headers=[JSON], body='{"name": "café €"}'.encode()),
    "empty post": make("POST"),
    "form body": make("POST", headers=[(b"content-type", b"application/x-www-form-urlencoded")], body=b"a=1&b=%20"),
    "latin-1 body": make("POST", headers=[(b"content-type", b"text/plain; charset=latin-1")], body=b"caf\xe9"),
    "binary body": make("PUT", headers=[(b"content-type", b"image/png")], body=bytes(range(256))),
    "body without a type": make("PUT", body=b"\x00\x01 text"),
    "compressed body": make("PUT", headers=[JSON, (b"content-encoding", b"gzip")], body=b"\x1f\x8b\x08"),
    "delete with a body": make("DELETE", headers=[JSON], body=b"{}"),
    "options": make("OPTIONS", headers=[(b"origin", b"https://example.com")]),
    "head": make("HEAD"),
    "unusual method": make("PROPFIND"),
}
TEXT = (b"content-type", b"text/plain; charset=utf-8")
ANSWERS = {
    "empty": Answer(),
    "challenge": Answer(
        401, [(b"www-authenticate", b'Bearer realm="shop"'), (b"max-forwards", b"1"), TEXT], (b"who?",)
    ),
    "text": Answer(200, [TEXT], (b"hello",)),
    "text beyond ascii": Answer(200, [TEXT], ("café €".encode(),)),
    "control characters": Answer(200, [TEXT], (bytes(range(128)),)),
    "chunks": Answer(200, [TEXT], (b"one ", b"", b"two ", b"three")),
    "with a length": Answer(200, [TEXT, (b"content-length", b"5")], (b"hello",)),
    "no content": Answer(204),
    "not modified": Answer(304, [(b"etag", b'"1"')]),
    "created elsewhere": Answer(201, [(b"location", b"/items/43"), JSON], (b"{}",)),
    "redirect": Answer(307, [(b"location", b"https://example.com/?a=b")]),
    "two cookies": Answer(200, [(b"set-cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2; Max-Age=3"), TEXT], (b"",)),
    "repeated headers": Answer(200, [(b"link", b"</a>"), (b"link", b"</b>"), (b"vary", b"accept"), TEXT], (b"",)),
    "no type": Answer(200, [], (b"\x00\xff",)),
    "problem": Answer(422, [(b"content-type", b"application/problem+json")], (b'{"status": 422}',)),
    "svg": Answer(200, [(b"content-type", b"image/svg+xml")], (b"<svg/>",)),
    "latin-1 text": Answer(200, [(b"content-type", b"text/html; charset=latin-1")], (b"caf\xe9",)),
    "image": Answer(200, [(b"content-type", b"image/png")], (bytes(range(256)),)),
    "compressed": Answer(200, [TEXT, (b"content-encoding", b"gzip")], (b"\x1f\x8b\x08\x00",)),
    "latin-1 header": Answer(200, [(b"x-name", b"caf\xe9"), TEXT], (b"",)),
    "empty header": Answer(200, [(b"x-empty", b""), TEXT], (b"",)),
    "server error": Answer(503, [(b"retry-after", b"1"), JSON], (b"{}",)),
    "unusual status": Answer(299, [TEXT], (b"",)),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_reaches_the_app_as_under_uvicorn(both: Peers, name: str) -> None:
    compare(both, REQUESTS[name], Answer(200, [TEXT], (b"hello",)))


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_reaches_the_client_as_under_uvicorn(both: Peers, name: str, method: str) -> None:
    compare(both, make(method), ANSWERS[name])


token = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12).map(
    lambda text: f"x-{text}".encode()
)
header_value = st.one_of(
    st.text([chr(code) for code in range(33, 127)], max_size=20).map(str.encode),
    st.lists(st.sampled_from(["a", "b c", "q=0.1", '"x, y"', "café"]), min_size=1, max_size=3).map(
        lambda parts: ", ".join(parts).encode("latin-1")
    ),
)
percent = st.binary(min_size=1, max_size=3).map(lambda raw: "".join(f"%{byte:02X}" for byte in raw))
path_piece = st.one_of(st.text("abcXYZ019-._~!$&'()*+,;=:@/", max_size=8), percent)
query_piece = st.one_of(st.text("abcXYZ019-._~!$'()*,:@/?+", max_size=8), percent)
parameter = st.one_of(st.tuples(query_piece, query_piece).map("=".join), query_piece)
request_type = st.sampled_from(
    [b"application/json", b"text/plain", b"text/plain; charset=latin-1", b"application/octet-stream", b"image/png"]
)
answer_type = st.sampled_from(
    [TEXT[1], b"application/json", b"application/vnd.api+json", b"image/png", b"text/html; charset=latin-1", b"x/y+xml"]
)
content = st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    headers: Headers = draw(st.lists(st.tuples(token, header_value), max_size=5))
    if draw(st.booleans()):
        headers.append((b"cookie", draw(st.sampled_from([b"a=1", b"a=1; b=2", b"a=1;b=2", b"a=1;", b"a"]))))
    method = draw(st.sampled_from(["GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"]))
    body = b""
    if method in {"POST", "PUT", "PATCH", "DELETE"}:
        body = draw(content)
        headers += [(b"content-type", draw(request_type))] if draw(st.booleans()) else []
    path = "/" + "".join(draw(st.lists(path_piece, max_size=4)))
    query = "&".join(draw(st.lists(parameter, max_size=4)))
    return make(method, path, query, headers, body)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    status = draw(st.one_of(st.sampled_from([200, 201, 204, 304, 404, 500]), st.integers(200, 599)))
    headers: Headers = draw(st.lists(st.tuples(token, header_value), max_size=4))
    headers += [
        (b"set-cookie", value) for value in draw(st.lists(st.sampled_from([b"a=1", b"b=2; Path=/"]), max_size=2))
    ]
    if status in {204, 304}:
        return Answer(status, headers)
    headers += [(b"content-type", draw(answer_type))] if draw(st.booleans()) else []
    chunks = tuple(draw(st.lists(content, min_size=1, max_size=3)))
    if draw(st.booleans()):
        headers.append((b"content-length", b"%d" % sum(map(len, chunks))))
    return Answer(status, headers, chunks)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", PARTS)
def test_random_requests_and_answers_are_the_same_as_under_uvicorn(both: Peers, part: int) -> None:
    @settings(max_examples=EXAMPLES_PER_PART, deadline=None, suppress_health_check=SLOW_IS_FINE, database=None)
    @given(requests(), answers())
    def compare_random(request: Request, answer: Answer) -> None:
        compare(both, request, answer)

    compare_random()


def test_every_row_of_the_table_is_code_and_has_evidence() -> None:
    rows = {(row["side"], row["id"]) for row in TABLE["effect"]}

    assert rows == {("request", name) for name in REQUEST_EFFECTS} | {("response", name) for name in RESPONSE_EFFECTS}
    for row in TABLE["effect"]:
        assert row["evidence"]
        assert set(row["sources"]) <= set(FORMATS)


def test_the_table_does_not_excuse_what_it_does_not_name() -> None:
    """The comparison itself notices a difference: a header lost, a body changed, a path decoded twice."""
    seen = Seen("GET", "/%61", "/%2561", "", "", {"x-tag": ["a", "b"]}, b"body", None)
    got = Got(200, {"set-cookie": ["a=1", "b=2"]}, b"body")

    assert changed_request(seen, "vpc-lattice") != seen._replace(path="/a")
    assert changed_request(seen, "rest-api").headers == {"x-tag": ["a", "b"]}
    assert changed_response(got, "alb").headers == got.headers
    assert changed_request(seen, "function-url").body == b"body"
