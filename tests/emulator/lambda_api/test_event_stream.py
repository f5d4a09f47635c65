"""Event streams, read by botocore's own decoder."""

import json
from typing import Any

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.emulator.lambda_api.event_stream import encode_chunk, encode_completion, encode_message

NAMES = st.text(min_size=1, max_size=40).filter(lambda name: len(name.encode()) < 256)
VALUES = st.text(max_size=200)


def decode(content: bytes) -> list[tuple[dict[str, str], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(content)
    messages: Any = buffer
    return [(message.headers, message.payload) for message in messages]


@given(messages=st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=5), st.binary(max_size=2000)), max_size=5))
def test_any_messages_arrive_as_they_are(messages: list[tuple[dict[str, str], bytes]]) -> None:
    assert decode(b"".join(encode_message(*message) for message in messages)) == messages


def test_a_chunk_is_an_event_with_the_bytes_alone() -> None:
    headers = {":event-type": "PayloadChunk", ":content-type": "application/octet-stream", ":message-type": "event"}
    assert decode(encode_chunk(b"\x00tea")) == [(headers, b"\x00tea")]


def test_the_end_is_an_event_with_json() -> None:
    ((headers, payload),) = decode(encode_completion({"ErrorCode": "Unhandled"}))
    assert headers[":event-type"] == "InvokeComplete"
    assert json.loads(payload) == {"ErrorCode": "Unhandled"}
