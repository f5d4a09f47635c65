from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.errors import BrokenResponse
from lambdakit.runtime.wire import Request, Response, ResponseReader, encode_chunk, encode_last_chunk

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-It: \xc3\xbc\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + encode_chunk(b"hel") + encode_chunk(b"lo")


@given(st.sampled_from([PLAIN, CHUNKED + encode_last_chunk({}), b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN]), st.data())
def test_a_response_is_the_same_in_whatever_pieces_it_comes(data: bytes, draw: st.DataObject) -> None:
    cuts = draw.draw(st.lists(st.integers(1, len(data) - 1), unique=True).map(sorted))
    reader = ResponseReader()

    *early, last = [reader.feed(data[start:end]) for start, end in pairwise([0, *cuts, len(data)])]

    assert set(early) <= {None}
    assert last is not None
    assert (last.status, last.body) == (200, b"hello")


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_response_or_broken(data: bytes) -> None:
    reader = ResponseReader()
    try:
        found = reader.feed(data) or reader.feed(b"")
    except BrokenResponse:
        return
    assert isinstance(found, Response)


def test_a_response_without_a_length_ends_with_its_connection() -> None:
    reader = ResponseReader()

    assert reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhello") is None
    found = reader.feed(b"")

    assert found is not None
    assert (found.body, found.is_last) == (b"hello", True)


def test_no_value_of_a_header_begins_another() -> None:
    head, _, _ = Request("POST", "/", {"X": "a\r\nB: c"}, b"").encode("host").partition(b"\r\n\r\n")

    assert b"\r\nB:" not in head


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\n", PLAIN[:-1], CHUNKED])
def test_a_response_that_breaks_off_is_broken(data: bytes) -> None:
    reader = ResponseReader()
    assert reader.feed(data) is None

    with pytest.raises(BrokenResponse):
        reader.feed(b"")
