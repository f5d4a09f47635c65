"""The questions that every HTTP event source answers, in both directions."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from lambdakit.errors import MalformedEvent, MalformedResult
from lambdakit.events.body import decode_body, encode_body, is_text
from lambdakit.events.headers import pairs_of, pairs_of_lists
from lambdakit.events.message import Gateway, Headers, Request, Response
from lambdakit.events.shape import (
    Field,
    boolean,
    first_mistake,
    is_table,
    list_of_text,
    map_of_lists,
    status_code,
    table,
    text,
)

_DELIMITER = bytes(8)
_WRONG_SHAPE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_STATUS_CODES = range(100, 600)
_VERSIONS = {"HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2": "2", "HTTP/2.0": "2", "HTTP/3": "3", "HTTP/3.0": "3"}

LAMBDA_PAYLOAD_LIMIT = 6_291_556
"""The largest result of a synchronous invocation in bytes of JSON, 6 MB and some room for its frame.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

_RESULT_FIELDS = (
    Field("statusCode", status_code, required=True),
    Field("headers", table),
    Field("multiValueHeaders", map_of_lists),
    Field("cookies", list_of_text),
    Field("body", text),
    Field("isBase64Encoded", boolean),
)


class EventFormat(ABC):
    """One payload format of one AWS service.

    A function on Lambda decodes the request and encodes the response; a local stand-in for the service does the
    inverse, with every loss that the service causes.
    """

    name: ClassVar[str]
    """The format's name, as commands and tables spell it."""
    request_limit: ClassVar[int] = LAMBDA_PAYLOAD_LIMIT
    """The largest request body in bytes that the service accepts."""
    response_limit: ClassVar[int] = LAMBDA_PAYLOAD_LIMIT
    """The largest result in bytes of JSON that the service accepts."""
    renamed: ClassVar[frozenset[bytes]] = frozenset()
    """The headers of a response that the service sends under another name, which begins with `x-amzn-remapped-`."""
    fields: ClassVar[tuple[Field, ...]]
    """What the fields of a good event look like."""

    def decode_request(self, event: Mapping[str, Any]) -> Request:
        """Return the request that an event carries.

        Raises:
            MalformedEvent: A field has the wrong shape; the message names it.
        """
        try:
            return self._decode_request(event)
        except _WRONG_SHAPE as error:
            wrong = first_mistake(event, self.fields) or f"cannot be read: {error}"
            raise MalformedEvent(
                wrong, where=f"an event of {self.name}", fix="send the event as AWS documents it"
            ) from error

    def encode_response(self, response: Response, *, as_text: bool | None = None) -> dict[str, Any]:
        """Return the result that makes the service send a response.

        Args:
            response: What the client is to get.
            as_text: Whether the body travels as text; by default its content type and encoding decide.
        """
        if as_text is None:
            as_text = _travels_as_text(response.headers)
        body, is_base64 = encode_body(response.body, as_text=as_text)
        return {
            "statusCode": response.status,
            **self._encode_headers(response.headers),
            "body": body,
            "isBase64Encoded": is_base64,
        }

    @abstractmethod
    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event that the service sends for a request, its losses applied."""

    def decode_response(self, result: object, gateway: Gateway = Gateway()) -> Response:  # noqa: B008 (a constant)
        """Return what the client gets for a function's result.

        Raises:
            MalformedResult: The service would answer 502 instead.
        """
        try:
            return self._decode_result(result, gateway)
        except _WRONG_SHAPE as error:
            raise self._malformed_result(result, error) from error

    def _malformed_result(self, result: object, error: Exception) -> MalformedResult:
        wrong = first_mistake(result, _RESULT_FIELDS) if is_table(result) else table(result)
        return MalformedResult(
            f"the result {wrong}" if wrong else f"the result cannot be sent: {error}",
            where=f"an answer to {self.name}",
            fix="return statusCode, headers, body and isBase64Encoded as AWS documents them",
        )

    def encode_prelude(self, status: int, headers: Headers) -> bytes:
        """Return what a streamed response begins with, before its body: JSON, and eight NUL bytes.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
        """
        return json.dumps({"statusCode": status, **self._encode_headers(headers)}).encode() + _DELIMITER

    def decode_stream(self, content: bytes) -> Response:
        """Return what the client gets for a whole streamed response.

        Raises:
            MalformedResult: It does not begin with a prelude.
        """
        prelude, delimiter, body = content.partition(_DELIMITER)
        try:
            result = json.loads(prelude) if delimiter else None
        except ValueError:
            result = None
        if not is_table(result) or "statusCode" not in result:
            raise MalformedResult(
                "the stream does not begin with a prelude that has a statusCode",
                where=f"an answer to {self.name}",
                fix="stream JSON with statusCode and headers, eight NUL bytes, and then the body",
            )
        return self.decode_response(result)._replace(body=body)

    @abstractmethod
    def _decode_request(self, event: Mapping[str, Any]) -> Request: ...

    @abstractmethod
    def _encode_headers(self, headers: Headers) -> dict[str, Any]: ...

    def _decode_result(self, result: Any, gateway: Gateway) -> Response:  # noqa: ARG002 (REST APIs ask it)
        body = decode_body(result.get("body"), result.get("isBase64Encoded"))
        return Response(_status_of(result), self._rename(_headers_of(result)), body)

    def _rename(self, headers: Headers) -> Headers:
        return [(b"x-amzn-remapped-" + name if name in self.renamed else name, value) for name, value in headers]


def _travels_as_text(headers: Headers) -> bool:
    content_type = ""
    for name, value in headers:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"content-encoding":
            return False
    # Without a content type, whatever reads as UTF-8 travels unchanged as text.
    return not content_type or is_text(content_type)


def _status_of(result: Mapping[str, Any]) -> int:
    if wrong := status_code(result["statusCode"]):
        raise TypeError(wrong)
    status = int(result["statusCode"])
    if status not in _STATUS_CODES:
        raise ValueError(f"statusCode is {status}, expected 100 to 599")
    return status


def _headers_of(result: Mapping[str, Any]) -> Headers:
    # Where a name stands in both maps, API Gateway and ALB send the lists.
    multiple = pairs_of_lists(result.get("multiValueHeaders") or {})
    listed = {name for name, _ in multiple}
    headers: Mapping[str, Any] = result.get("headers") or {}
    single = {name: _as_header(value) for name, value in headers.items()}
    return [pair for pair in pairs_of(single) if pair[0] not in listed] + multiple


def _as_header(value: Any) -> str | None:
    if isinstance(value, dict | list):
        raise TypeError("a header is one value; lists belong into multiValueHeaders")
    return value if value is None or isinstance(value, str) else str(value)


def require_text(*values: Any) -> None:
    """Refuse values that are no text, before one of them slips through as a list or a number."""
    for value in values:
        if not isinstance(value, str):
            raise TypeError("text was expected")


def protocol_version(protocol: object) -> str:
    """Return the version of a protocol such as `HTTP/1.1`, in ASGI's spelling."""
    return _VERSIONS.get(protocol, "1.1") if isinstance(protocol, str) else "1.1"
