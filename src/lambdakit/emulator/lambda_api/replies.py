"""What the API answers: results, and errors as AWS words them.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
"""

import json
from typing import NamedTuple

from lambdakit.errors import Throttled

JSON_TYPE = "application/json"
"""The content type of every reply but a stream."""


class Reply(NamedTuple):
    """A whole response; its length and the request's id are added when it is sent."""

    status: int
    body: bytes
    headers: dict[str, str]


class Refused(Exception):
    """A request that the API answers with an error; internal to the package."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def answer(content: object, status: int = 200) -> Reply:
    """Return a reply with JSON."""
    return Reply(status, json.dumps(content).encode(), {"content-type": JSON_TYPE})


def _refuse(status: int, error_type: str, body: dict[str, str]) -> Refused:
    headers = {"content-type": JSON_TYPE, "x-amzn-errortype": error_type}
    return Refused(Reply(status, json.dumps(body).encode(), headers))


def not_found(what: str) -> Refused:
    """Return the error for a function that does not exist, or another thing."""
    return _refuse(404, "ResourceNotFoundException", {"Type": "User", "Message": what})


def invalid_parameter(what: str) -> Refused:
    """Return the error for a parameter that contradicts another one or the function."""
    return _refuse(400, "InvalidParameterValueException", {"Type": "User", "message": what})


def invalid_content(what: str) -> Refused:
    """Return the error for a payload or a client context that is no JSON."""
    return _refuse(400, "InvalidRequestContentException", {"Type": "User", "message": what})


def invalid_value(value: str, place: str, constraint: str) -> Refused:
    """Return the error for a value that its own rules forbid."""
    what = f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: {constraint}"
    return _refuse(400, "ValidationException", {"message": what})


def too_large(size: int, kind: str, limit: int) -> Refused:
    """Return the error for a payload over the limit of its invocation type."""
    what = f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
    return _refuse(413, "RequestTooLargeException", {"Type": "User", "message": what})


def throttled(error: Throttled) -> Refused:
    """Return the error for an invocation that there is no room for."""
    body = {"Reason": error.reason, "Type": "User", "message": "Rate Exceeded."}
    return _refuse(error.status, error.error_type, body)


def service_failed(error: BaseException | None) -> Refused:
    """Return the error for an invocation that the local Lambda could not carry out."""
    return _refuse(500, "ServiceException", {"Type": "Service", "Message": str(error)})


def unknown_operation() -> Refused:
    """Return the error for a path that belongs to no operation of Lambda."""
    return _refuse(404, "UnknownOperationException", {"Message": "There is no such operation."})


def not_emulated(method: str, path: str) -> Refused:
    """Return the error for an operation that AWS has and this API does not; AWS has no such answer."""
    what = f"toolkit: {method} {path} is not emulated; functions are declared in pyproject.toml and invoked here"
    return _refuse(501, "NotImplementedException", {"Type": "User", "Message": what})
