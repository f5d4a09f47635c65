"""The encoding of event streams, in which `InvokeWithResponseStream` answers.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import json
import struct
from binascii import crc32
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
"""The content type of an event stream."""

_TEXT = 7
_AROUND_CONTENT = 16
"""Bytes of a message besides its headers and payload: two lengths and two checksums."""


def encode_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one message: lengths, headers and payload, each guarded by a checksum."""
    block = b"".join(_encode_header(name, value) for name, value in headers.items())
    lengths = struct.pack("!II", _AROUND_CONTENT + len(block) + len(payload), len(block))
    content = lengths + struct.pack("!I", crc32(lengths)) + block + payload
    return content + struct.pack("!I", crc32(content))


def _encode_header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    sizes = struct.pack("!BH", _TEXT, len(value_bytes))
    return bytes([len(name_bytes)]) + name_bytes + sizes + value_bytes


def encode_chunk(chunk: bytes) -> bytes:
    """Return a piece of a response as a `PayloadChunk`."""
    return encode_message(_headers("PayloadChunk", "application/octet-stream"), chunk)


def encode_completion(content: Mapping[str, str]) -> bytes:
    """Return the end of a response as an `InvokeComplete`: ErrorCode, ErrorDetails and LogResult, where they apply."""
    return encode_message(_headers("InvokeComplete", "application/json"), json.dumps(content).encode())


def _headers(event_type: str, content_type: str) -> dict[str, str]:
    return {":event-type": event_type, ":content-type": content_type, ":message-type": "event"}
