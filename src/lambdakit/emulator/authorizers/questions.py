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
    """Return the values of the identity sources, repeated ones joined, or None if one is missing or empty."""
    values = tuple(",".join(_find_values(request, source)) for source in sources)
    return values if all(values) else None


def _find_values(request: Request, source: str) -> list[str]:
    _, kind, wanted = source.split(".", 2)
    if kind == "header":
        return [value.decode("latin-1") for name, value in request.headers if name == wanted.lower().encode()]
    query = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)
    return [value for name, value in query if name == wanted]


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
