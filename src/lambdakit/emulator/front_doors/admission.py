"""What a service looks at before it takes a request: its sizes and its stage."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from lambdakit.emulator.front_doors.exchange import Message
from lambdakit.emulator.front_doors.gateways import HeadLimits, Refusal

_AROUND_VERSION = len(" HTTP/1.1")
_AROUND_HEADER = len(": \r\n")


class HungUp(Exception):
    """A client has left before its request was complete; internal to the emulator."""


async def read_pieces(receive: Callable[[], Awaitable[Message]]) -> AsyncGenerator[bytes]:
    """Give the body of a request piece by piece.

    Raises:
        HungUp: It broke off.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def read_body(receive: Callable[[], Awaitable[Message]], limit: int) -> bytes | None:
    """Return the body of a request, or None as soon as it is over the limit.

    Raises:
        HungUp: It broke off.
    """
    body = bytearray()
    async for piece in read_pieces(receive):
        body += piece
        if len(body) > limit:
            return None
    return bytes(body)


def judge_head(scope: Any, limits: HeadLimits) -> Refusal | None:
    """Return why the head of a request is too large for a service, if it is."""
    line = len(scope["method"]) + 1 + len(scope["raw_path"]) + _AROUND_VERSION
    if scope["query_string"]:
        line += 1 + len(scope["query_string"])
    if _is_over(line, limits.line):
        return "line too long"
    headers = [len(name) + len(value) + _AROUND_HEADER for name, value in scope["headers"]]
    if any(_is_over(size, limits.header) for size in headers) or _is_over(sum(headers), limits.headers):
        return "head too large"
    values = sum(len(value) for _, value in scope["headers"])
    return "head too large" if _is_over(line + values, limits.line_and_values) else None


def _is_over(size: int, limit: int | None) -> bool:
    return limit is not None and size > limit


def strip_stage(raw_path: bytes, stage: str) -> str | None:
    """Return the path behind the stage, which every path of a service with stages begins with, or None."""
    path = raw_path.decode("latin-1")
    if stage:
        first, slash, rest = path.removeprefix("/").partition("/")
        return None if first != stage else slash + rest or "/"
    return path or "/"
