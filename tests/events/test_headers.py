import pytest

from lambdakit.events.headers import (
    as_list,
    encode_text,
    grouped,
    joined,
    joined_but_cookies,
    pairs_of,
    pairs_of_lists,
    spelled_apart,
    with_content_length,
)
from lambdakit.events.message import Headers

REPEATED: Headers = [(b"x-tag", b"red"), (b"set-cookie", b"a=1"), (b"x-tag", b"bl\xfce"), (b"set-cookie", b"b=2")]


@pytest.mark.requirement("headers-beyond-ascii")
@pytest.mark.parametrize(
    ("text", "wire"),
    [("plain", b"plain"), ("Málaga", b"M\xe1laga"), ("MÃ¡laga", "Málaga".encode()), ("日本", "日本".encode())],
)
def test_header_text_becomes_the_bytes_of_the_wire(text: str, wire: bytes) -> None:
    assert encode_text(text) == wire
    assert pairs_of({"X-City": text}) == [(b"x-city", wire)]
    assert pairs_of_lists({"X-City": [text]}) == [(b"x-city", wire)]


def test_text_that_fits_keeps_its_bytes_beside_text_that_does_not() -> None:
    assert pairs_of({"A": "é", "B": "日", "C": None}) == [(b"a", b"\xe9"), (b"b", "日".encode())]


@pytest.mark.requirement("headers-null-is-no-header", "headers-names-are-lower-case")
def test_null_headers_are_no_headers() -> None:
    assert pairs_of(None) == pairs_of({}) == pairs_of({"X-Tag": None}) == []
    assert pairs_of_lists({"X-Tag": None, "X-Other": []}) == []
    assert pairs_of({"X-Tag": "red", "x-other": None}) == [(b"x-tag", b"red")]


@pytest.mark.requirement("headers-rest-repeats-are-kept")
def test_a_list_of_values_is_a_pair_for_each() -> None:
    assert pairs_of_lists({"X-Tag": ["red", "blue"]}) == [(b"x-tag", b"red"), (b"x-tag", b"blue")]


@pytest.mark.parametrize("value", ["text", {"a": "b"}, 5, None])
def test_what_is_no_list_is_refused_even_where_python_could_iterate(value: object) -> None:
    with pytest.raises(TypeError, match="a list was expected"):
        as_list(value)


def test_repeated_headers_are_grouped_or_joined() -> None:
    assert grouped(REPEATED) == {"x-tag": ["red", "blüe"], "set-cookie": ["a=1", "b=2"]}
    assert joined(REPEATED, ",") == {"x-tag": "red,blüe", "set-cookie": "a=1,b=2"}
    assert joined_but_cookies(REPEATED) == ({"x-tag": "red, blüe"}, ["a=1", "b=2"])


@pytest.mark.requirement("response-cookies")
def test_each_cookie_gets_a_spelling_of_its_own() -> None:
    cookies: Headers = [(b"set-cookie", f"c{number}=1".encode()) for number in range(500)]

    spelled = spelled_apart([(b"x-tag", b"red"), *cookies])

    assert len(spelled) == 501
    assert {name.lower() for name in spelled} == {"x-tag", "set-cookie"}
    assert [value.encode() for name, value in spelled.items() if name != "x-tag"] == [value for _, value in cookies]


def test_one_cookie_is_spelled_as_usual() -> None:
    assert spelled_apart([(b"set-cookie", b"a=1")]) == {"set-cookie": "a=1"}


@pytest.mark.requirement("headers-content-length-is-restored")
@pytest.mark.parametrize(
    ("headers", "method", "body", "added"),
    [
        ([], "POST", b"four", [(b"content-length", b"4")]),
        ([], "DELETE", b"four", [(b"content-length", b"4")]),
        ([], "PUT", b"", [(b"content-length", b"0")]),
        ([], "GET", b"", []),
        ([(b"content-length", b"4")], "POST", b"four", []),
        ([(b"transfer-encoding", b"chunked")], "POST", b"four", []),
    ],
)
def test_a_body_has_a_content_length(headers: Headers, method: str, body: bytes, added: Headers) -> None:
    assert with_content_length(headers, dict(headers), method, body) == headers + added
