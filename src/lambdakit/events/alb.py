"""Application Load Balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from lambdakit.events.address import client_of, scheme_of, server_of
from lambdakit.events.body import decode_body, encode_body, is_plain
from lambdakit.events.format import EventFormat, require_text
from lambdakit.events.forwarding import with_forwarding
from lambdakit.events.headers import grouped, pairs_of, pairs_of_lists, spelled_apart
from lambdakit.events.message import Gateway, Headers, Request, Response
from lambdakit.events.path import decode_path, group_query, join_query
from lambdakit.events.shape import Field, boolean, map_of_lists, map_of_text, table, text


class Alb(EventFormat):
    """A target group with single-value headers: of a repeated header or parameter the last value arrives."""

    name = "alb"
    request_limit = 1_048_576
    response_limit = 1_048_576
    fields = (
        Field("httpMethod", text, required=True),
        Field("path", text, required=True),
        Field("headers", map_of_text),
        Field("multiValueHeaders", map_of_lists),
        Field("queryStringParameters", map_of_text),
        Field("multiValueQueryStringParameters", map_of_lists),
        Field("requestContext", table, required=True),
        Field("body", text),
        Field("isBase64Encoded", boolean),
    )
    keeps_repeats: ClassVar[bool] = False
    """Whether the target group has multi-value headers enabled."""

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        multiple = event.get("multiValueHeaders")
        headers = pairs_of_lists(multiple) if multiple else pairs_of(event.get("headers"))
        by_name = dict(headers)
        scheme = scheme_of(by_name)
        raw_path = event["path"] or "/"
        require_text(event["httpMethod"], raw_path)
        return Request(
            event["httpMethod"],
            decode_path(raw_path),
            raw_path.encode(),
            join_query(event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")),
            headers,
            decode_body(event.get("body"), event.get("isBase64Encoded")),
            "",
            scheme,
            "1.1",
            client_of(by_name),
            server_of(by_name, scheme, "localhost"),
        )

    def encode_response(self, response: Response, *, as_text: bool | None = None) -> dict[str, Any]:
        """Return the result for a load balancer, which also wants the status in words."""
        return {**super().encode_response(response, as_text=as_text), "statusDescription": _describe(response.status)}

    def _encode_headers(self, headers: Headers) -> dict[str, Any]:
        return {"headers": spelled_apart(headers)}

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of a load balancer: the path and the query as on the wire."""
        headers = grouped(with_forwarding(request.headers, gateway))
        query = group_query(request.query)
        as_text = is_plain(headers.get("content-type", ["text/plain"])[-1], encoded="content-encoding" in headers)
        body, is_base64 = encode_body(request.body, as_text=as_text)
        event: dict[str, Any] = {
            "requestContext": {
                "elb": {
                    "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:"
                    f"{gateway.account_id}:targetgroup/function/0123456789abcdef"
                }
            },
            "httpMethod": request.method,
            "path": request.raw_path.decode("latin-1"),
            "body": body,
            "isBase64Encoded": is_base64,
        }
        if self.keeps_repeats:
            return event | {"multiValueQueryStringParameters": query, "multiValueHeaders": headers}
        return event | {"queryStringParameters": _last(query), "headers": _last(headers)}


class AlbMultiValue(Alb):
    """A target group with multi-value headers enabled: repeated headers and parameters arrive as lists."""

    name = "alb-multi-value"
    keeps_repeats = True

    def _encode_headers(self, headers: Headers) -> dict[str, Any]:
        return {"multiValueHeaders": grouped(headers)}


def _describe(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _last(lists: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in lists.items()}
