"""What each gateway answers when it lets a request not pass."""

import json
from typing import Any, Literal

from lambdakit.events import Response

Kind = Literal["function-url", "http-api", "rest-api"]
"""The gateways that can check who calls."""


def refuse(status: int, body: Any, *, error_type: str = "", challenge: str = "") -> Response:
    """Return a refusal with a JSON body, its type in AWS's own header and a challenge in HTTP's."""
    headers = [(b"content-type", b"application/json")]
    if error_type:
        headers.append((b"x-amzn-errortype", error_type.encode()))
    if challenge:
        headers.append((b"www-authenticate", challenge.encode()))
    return Response(status, headers, json.dumps(body, separators=(",", ":")).encode())


UNAUTHORIZED: dict[Kind, Response] = {
    "http-api": refuse(401, {"message": "Unauthorized"}),
    "rest-api": refuse(401, {"message": "Unauthorized"}, error_type="UnauthorizedException"),
}
"""There is nobody to judge: an identity is missing, or the authorizer says so.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

DENIED: dict[Kind, Response] = {
    "http-api": refuse(403, {"message": "Forbidden"}),
    "rest-api": refuse(
        403, {"Message": "User is not authorized to access this resource"}, error_type="AccessDeniedException"
    ),
}
"""Nothing allows the request.

Source: https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer
"""

DENIED_EXPLICITLY: dict[Kind, Response] = {
    "http-api": DENIED["http-api"],
    "rest-api": refuse(
        403,
        {"Message": "User is not authorized to access this resource with an explicit deny"},
        error_type="AccessDeniedException",
    ),
}
"""A policy denies the request by name."""

BROKEN: dict[Kind, Response] = {
    "http-api": refuse(500, {"message": "Internal Server Error"}),
    "rest-api": refuse(500, {"message": None}, error_type="AuthorizerConfigurationException"),
}
"""The authorizer failed, or said something that the gateway does not understand."""
