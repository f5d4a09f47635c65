"""What each service does by itself: its limits, and what it answers in place of the function."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from lambdakit.events import FORMATS, EventFormat, Response

_KB = 1024
_MB = 1024 * _KB

Refusal = Literal[
    "failed",
    "timed out",
    "throttled",
    "too large",
    "event too large",
    "line too long",
    "head too large",
    "not found",
    "no route",
]
"""Why a service answers by itself.

`failed` is a function that failed or whose result the service cannot read, `too large` a request that the service does
not take, `event too large` one that Lambda does not take, `not found` another stage, `no route` another path.
"""


class HeadLimits(NamedTuple):
    """Bytes of what comes before the body of a request, None where a service does not count them.

    `line` is that of the request line, `header` that of each header, `headers` that of all of them, `line_and_values`
    that of the request line and the values of all headers.
    """

    line: int | None = None
    header: int | None = None
    headers: int | None = None
    line_and_values: int | None = None


@dataclass(frozen=True, kw_only=True)
class GatewayRules:
    """One service.

    `time_limit` are the seconds after which it gives up on a buffered answer, `stream_limit` those after which it ends
    a stream and `idle_limit` those after which it ends one that does not move, all None where the function's own
    time-out is all there is. The prelude of a stream ends within `prelude_limit` bytes; with `passes_on` an answer
    without one goes to the client as it is. `stage` is the first part of every path, the rest belongs to one of
    `routes`. `$reason` in a refusal stands for why an invocation was throttled.
    """

    event_format: EventFormat
    refusals: dict[Refusal, Response]
    request_limit: int
    head_limits: HeadLimits
    time_limit: float | None = None
    stream_limit: float | None = None
    idle_limit: float | None = None
    prelude_limit: int | None = None
    streams: bool = False
    passes_on: bool = False
    stage: str = ""
    stage_variables: tuple[tuple[str, str], ...] = ()
    routes: tuple[str, ...] = ("/{proxy+}", "/")
    binary_media_types: tuple[str, ...] = ("*/*",)
    request_id_header: bytes = b"x-amzn-requestid"


def _json(status: int, body: str, error_type: str = "") -> Response:
    headers = [(b"content-type", b"application/json")]
    if error_type:
        headers.append((b"x-amzn-errortype", error_type.encode()))
    return Response(status, headers, body.encode())


def _text(status: int, body: str) -> Response:
    return Response(status, [(b"content-type", b"text/plain")], body.encode())


def _html(status: int, title: str) -> Response:
    what = f"{status} {title}"
    lines = ["<html>", f"<head><title>{what}</title></head>", "<body>", f"<center><h1>{what}</h1></center>", "</body>"]
    page = "\r\n".join([*lines, "</html>", ""])
    return Response(status, [(b"content-type", b"text/html"), (b"server", b"awselb/2.0")], page.encode())


_NOT_TO_LAMBDA = _json(
    413,
    '{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}',
    "RequestEntityTooLargeException",
)

_FUNCTION_URL = GatewayRules(
    event_format=FORMATS["function-url"],
    request_limit=6 * _MB,
    head_limits=HeadLimits(line_and_values=_MB),
    streams=True,
    passes_on=True,
    refusals={
        "failed": _json(502, "Internal Server Error"),
        "timed out": _json(504, "Gateway Timeout"),
        "throttled": _json(429, '{"Reason":"$reason","Type":"User","message":"Rate Exceeded."}'),
        "too large": _NOT_TO_LAMBDA,
        "event too large": _NOT_TO_LAMBDA,
        "line too long": _json(431, '{"Message":null}'),
        "head too large": _json(431, '{"Message":null}'),
        "not found": _json(403, '{"Message":null}', "AccessDeniedException"),
        "no route": _json(403, '{"Message":null}', "AccessDeniedException"),
    },
)
"""Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html,
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

_TEN_KB = HeadLimits(line_and_values=10_240)
_HEAD_TOO_LARGE = _text(431, "HTTP header is larger than 10240 bytes.")

_HTTP_API = GatewayRules(
    event_format=FORMATS["http-api"],
    request_limit=10 * _MB,
    head_limits=_TEN_KB,
    time_limit=30.0,
    request_id_header=b"apigw-requestid",
    refusals={
        "failed": _json(500, '{"message":"Internal Server Error"}'),
        "timed out": _json(503, '{"message":"Service Unavailable"}'),
        "throttled": _json(503, '{"message":"Service Unavailable"}'),
        "too large": _json(413, '{"message":"Request Entity Too Large"}'),
        "event too large": _json(413, '{"message":"Request Entity Too Large"}'),
        "line too long": _HEAD_TOO_LARGE,
        "head too large": _HEAD_TOO_LARGE,
        "not found": _json(404, '{"message":"Not Found"}'),
        "no route": _json(404, '{"message":"Not Found"}'),
    },
)
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""

_REST_API = GatewayRules(
    event_format=FORMATS["rest-api"],
    request_limit=10 * _MB,
    head_limits=_TEN_KB,
    time_limit=29.0,
    stream_limit=900.0,
    idle_limit=300.0,
    prelude_limit=16 * _KB,
    streams=True,
    stage="prod",
    refusals={
        "failed": _json(502, '{"message": "Internal server error"}', "InternalServerErrorException"),
        "timed out": _json(504, '{"message": "Endpoint request timed out"}', "InternalServerErrorException"),
        "throttled": _json(500, '{"message": "Internal server error"}', "InternalServerErrorException"),
        "too large": _text(413, "HTTP content length exceeded 10485760 bytes."),
        "event too large": _json(413, '{"message":"Request Too Long"}', "RequestTooLargeException"),
        "line too long": _HEAD_TOO_LARGE,
        "head too large": _HEAD_TOO_LARGE,
        "not found": _json(403, '{"message":"Forbidden"}', "ForbiddenException"),
        "no route": _json(403, '{"message":"Missing Authentication Token"}', "MissingAuthenticationTokenException"),
    },
)
"""Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
"""

_ALB = GatewayRules(
    event_format=FORMATS["alb"],
    request_limit=_MB,
    head_limits=HeadLimits(line=16 * _KB, header=16 * _KB, headers=64 * _KB),
    request_id_header=b"",
    refusals={
        "failed": _html(502, "Bad Gateway"),
        "timed out": _html(502, "Bad Gateway"),
        "throttled": _html(502, "Bad Gateway"),
        "too large": _html(413, "Request Entity Too Large"),
        "event too large": _html(413, "Request Entity Too Large"),
        "line too long": _html(414, "Request-URI Too Large"),
        "head too large": _html(400, "Bad Request"),
        "not found": _html(404, "Not Found"),
        "no route": _html(404, "Not Found"),
    },
)
"""Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

GATEWAYS: dict[str, GatewayRules] = {
    rules.event_format.name: rules for rules in (_FUNCTION_URL, _HTTP_API, _REST_API, _ALB)
}
"""The rules of every service that a function can be declared behind, by its name."""
