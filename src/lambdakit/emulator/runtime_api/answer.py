import base64
import binascii
import json
from collections.abc import Mapping
from typing import NamedTuple, cast

PAYLOAD_LIMIT = 6_291_556
"""Bytes of a synchronous request or response: 6 MB and AWS's allowance for its envelope."""

STREAM_LIMIT = 200 * 1024 * 1024
"""Bytes of a streamed response. Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html"""

ERROR_TYPE = "lambda-runtime-function-error-type"
"""The header or trailer that names the type of an error."""

_ERROR_BODY = "lambda-runtime-function-error-body"
_LONGEST_TYPE = 256


class Answer(NamedTuple):
    """What the function posted: its result, or an error when `error_type` is set.

    `payload` is empty for a streamed result that a receiver took.
    """

    payload: bytes
    error_type: str | None = None
    content_type: str = "application/json"
    is_streamed: bool = False


def error_body(error_type: str, message: str) -> bytes:
    """Return an error as AWS words it in JSON."""
    return json.dumps({"errorMessage": message, "errorType": error_type}).encode()


def reported_error(body: bytes, headers: Mapping[str, str]) -> Answer:
    """Read an error that a runtime posts: awslambdaric names its type in the body alone, others in a header."""
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    named = cast("dict[str, object]", content).get("errorType") if isinstance(content, dict) else None
    error_type = named if isinstance(named, str) and named else headers.get(ERROR_TYPE, "Runtime.Unknown")
    return Answer(body, clean_type(error_type))


def trailing_error(trailers: Mapping[str, str]) -> Answer | None:
    """Read the error that ends a streamed response, if one does."""
    if ERROR_TYPE not in trailers:
        return None
    error_type = clean_type(trailers[ERROR_TYPE])
    try:
        body = base64.b64decode(trailers.get(_ERROR_BODY, ""), validate=True)
    except binascii.Error:
        body = error_body(error_type, "the error body in the trailer is not base64")
    return Answer(body, error_type, is_streamed=True)


def clean_type(error_type: str) -> str:
    """Make an error's type fit for a log line, whatever the runtime sent."""
    return "".join(letter if letter.isprintable() else "?" for letter in error_type[:_LONGEST_TYPE])


def oversized(limit: int, *, is_streamed: bool = False) -> Answer:
    """Return the error that a response over the limit becomes."""
    error_type = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return Answer(error_body(error_type, message), error_type, is_streamed=is_streamed)


def truncated() -> Answer:
    """Return the error that a streamed response becomes whose end never came."""
    error_type = "Runtime.TruncatedResponse"
    message = "The response broke off before its end"
    return Answer(error_body(error_type, message), error_type, is_streamed=True)
