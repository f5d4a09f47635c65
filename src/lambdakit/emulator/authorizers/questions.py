"""What a Lambda authorizer is asked: the events of HTTP APIs and REST APIs, and the parts of a request that count."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from lambdakit.events import FORMATS, Gateway, Request

Via = Literal["http-api", "rest-api"]
"""The services that ask a function who may call."""

_SENT_BODY = ("body", "isBase64Encoded")


class Question(NamedTuple):
    """An event for an authorizer, and the name of what it decides about."""

    event: dict[str, Any]
    arn: str


def find_identity(request: Request, sources: Sequence[str]) -> tuple[str, ...] | None:
    """Return the values of the identity sources, or None if one of them is missing or empty."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(request.headers)}
    query = dict(reversed(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)))
    values: list[str] = []
    for source in sources:
        _, kind, name = source.split(".", 2)
        values.append(headers.get(name.lower(), "") if kind == "header" else query.get(name, ""))
    return tuple(values) if all(values) else None


def ask(via: Via, request: Request, gateway: Gateway, identity: Sequence[str], region: str) -> Question:
    """Return the event of payload format 2.0 for an HTTP API, and of type REQUEST for a REST API.

    Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html,
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    """
    request = request.behind_root()
    event = FORMATS[via].encode_request(request, gateway)
    for name in _SENT_BODY:
        event.pop(name, None)
    context = event["requestContext"]
    stage = f"{context['accountId']}:{context['apiId']}/{context['stage']}"
    arn = f"arn:aws:execute-api:{region}:{stage}/{request.method}{request.raw_path.decode('latin-1')}"
    if via == "http-api":
        return Question({**event, "type": "REQUEST", "routeArn": arn, "identitySource": list(identity)}, arn)
    return Question({"type": "REQUEST", "methodArn": arn, **event}, arn)


def as_token(question: Question, token: str) -> Question:
    """Return the event of type TOKEN, which holds the token alone."""
    return question._replace(event={"type": "TOKEN", "authorizationToken": token, "methodArn": question.arn})
