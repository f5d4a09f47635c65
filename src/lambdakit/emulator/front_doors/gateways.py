"""What each service does by itself: its limits, and what it answers in place of the function."""

from dataclasses import dataclass
from typing import Literal

from lambdakit.events import FORMATS, EventFormat, Response

_MB = 1_048_576

Refusal = Literal["failed", "timed out", "throttled", "too large", "not found"]
"""Why a service answers by itself; `failed` is a function that failed or whose result the service cannot read."""


@dataclass(frozen=True, kw_only=True)
class GatewayRules:
    """One service.

    `time_limit` are the seconds after which it gives up on a buffered answer, `stream_limit` those after which it ends
    a stream, both None where the function's own time-out is all there is. `stage` is the first part of every path.
    `$reason` in a refusal stands for why an invocation was throttled.
    """

    event_format: EventFormat
    refusals: dict[Refusal, Response]
    request_limit: int
    time_limit: float | None = None
    stream_limit: float | None = None
    streams: bool = False
    stage: str = ""
    request_id_header: bytes = b"x-amzn-requestid"


def _json(status: int, body: str, error_type: str = "") -> Response:
    headers = [(b"content-type", b"application/json")]
    if error_type:
        headers.append((b"x-amzn-errortype", error_type.encode()))
    return Response(status, headers, body.encode())


def _html(status: int, title: str) -> Response:
    what = f"{status} {title}"
    lines = ["<html>", f"<head><title>{what}</title></head>", "<body>", f"<center><h1>{what}</h1></center>", "</body>"]
    page = "\r\n".join([*lines, "</html>", ""])
    return Response(status, [(b"content-type", b"text/html"), (b"server", b"awselb/2.0")], page.encode())


_FUNCTION_URL = GatewayRules(
    event_format=FORMATS["function-url"],
    request_limit=6 * _MB,
    streams=True,
    refusals={
        "failed": _json(502, "Internal Server Error"),
        "timed out": _json(504, "Gateway Timeout"),
        "throttled": _json(429, '{"Reason":"$reason","Type":"User","message":"Rate Exceeded."}'),
        "too large": _json(413, '{"Message":null}', "RequestEntityTooLargeException"),
        "not found": _json(403, '{"Message":null}', "AccessDeniedException"),
    },
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html"""

_HTTP_API = GatewayRules(
    event_format=FORMATS["http-api"],
    request_limit=10 * _MB,
    time_limit=30.0,
    request_id_header=b"apigw-requestid",
    refusals={
        "failed": _json(500, '{"message":"Internal Server Error"}'),
        "timed out": _json(503, '{"message":"Service Unavailable"}'),
        "throttled": _json(503, '{"message":"Service Unavailable"}'),
        "too large": _json(413, '{"message":"Request Entity Too Large"}'),
        "not found": _json(404, '{"message":"Not Found"}'),
    },
)
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""

_REST_API = GatewayRules(
    event_format=FORMATS["rest-api"],
    request_limit=10 * _MB,
    time_limit=29.0,
    stream_limit=900.0,
    streams=True,
    stage="prod",
    refusals={
        "failed": _json(502, '{"message": "Internal server error"}', "InternalServerErrorException"),
        "timed out": _json(504, '{"message": "Endpoint request timed out"}', "InternalServerErrorException"),
        "throttled": _json(500, '{"message": "Internal server error"}', "InternalServerErrorException"),
        "too large": _json(413, '{"message":"Request Too Long"}', "RequestTooLargeException"),
        "not found": _json(403, '{"message":"Forbidden"}', "ForbiddenException"),
    },
)
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"""

_ALB = GatewayRules(
    event_format=FORMATS["alb"],
    request_limit=_MB,
    request_id_header=b"",
    refusals={
        "failed": _html(502, "Bad Gateway"),
        "timed out": _html(502, "Bad Gateway"),
        "throttled": _html(502, "Bad Gateway"),
        "too large": _html(413, "Request Entity Too Large"),
        "not found": _html(404, "Not Found"),
    },
)
"""Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html"""

GATEWAYS: dict[str, GatewayRules] = {
    rules.event_format.name: rules for rules in (_FUNCTION_URL, _HTTP_API, _REST_API, _ALB)
}
"""The rules of every service that a function can be declared behind, by its name."""
