"""Payload format 2.0, which HTTP APIs and function URLs share in shape but not in what its paths mean.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from lambdakit.events.address import scheme_of, server_of
from lambdakit.events.body import decode_body, encode_body, is_text
from lambdakit.events.format import EventFormat, protocol_version, require_text
from lambdakit.events.forwarding import with_forwarding
from lambdakit.events.headers import as_list, encode_text, joined, joined_but_cookies, pairs_of
from lambdakit.events.message import Gateway, Headers, Request, Response
from lambdakit.events.shape import Field, boolean, is_table, list_of_text, map_of_text, table, text


class PayloadTwo(EventFormat):
    """What HTTP APIs and function URLs do alike."""

    domain: ClassVar[str]
    """A typical host of the service."""
    fields = (
        Field("rawPath", text, required=True),
        Field("rawQueryString", text),
        Field("cookies", list_of_text),
        Field("headers", map_of_text),
        Field("requestContext", table, required=True),
        Field("requestContext.domainName", text),
        Field("requestContext.http", table, required=True),
        Field("requestContext.http.method", text, required=True),
        Field("requestContext.http.protocol", text),
        Field("requestContext.http.sourceIp", text),
        Field("body", text),
        Field("isBase64Encoded", boolean),
    )

    def _request(self, event: Mapping[str, Any], path: str, raw_path: bytes, root_path: str) -> Request:
        context = event["requestContext"]
        http = context["http"]
        headers = pairs_of(event.get("headers"))
        by_name = dict(headers)
        cookies = event.get("cookies")
        if cookies and b"cookie" not in by_name:
            headers.append((b"cookie", encode_text("; ".join(as_list(cookies)))))
        scheme = scheme_of(by_name)
        domain = context.get("domainName") or "localhost"
        source_ip = http.get("sourceIp")
        require_text(http["method"], domain, source_ip or "")
        return Request(
            http["method"],
            path,
            raw_path,
            encode_text(event.get("rawQueryString") or ""),
            headers,
            decode_body(event.get("body"), event.get("isBase64Encoded")),
            root_path,
            scheme,
            protocol_version(http.get("protocol")),
            (source_ip, 0) if source_ip else None,
            server_of(by_name, scheme, domain),
        )

    def _encode_headers(self, headers: Headers) -> dict[str, Any]:
        single, cookies = joined_but_cookies(headers)
        return {"headers": single, "cookies": cookies} if cookies else {"headers": single}

    def _decode_result(self, result: Any, gateway: Gateway) -> Response:
        if not is_table(result) or "statusCode" not in result:
            # Without a status code the service takes the whole result for the JSON body of a 200.
            content = result if isinstance(result, str) else json.dumps(result)
            return Response(200, [(b"content-type", b"application/json")], content.encode())
        status, headers, body = super()._decode_result(result, gateway)
        if not any(name == b"content-type" for name, _ in headers):
            headers.append((b"content-type", b"application/json"))
        cookies = as_list(result.get("cookies") or [])
        return Response(status, headers + [(b"set-cookie", encode_text(cookie)) for cookie in cookies], body)

    def _event(self, request: Request, gateway: Gateway, *, raw_path: str, path: str, stage: str) -> dict[str, Any]:
        domain = gateway.domain or self.domain
        headers = joined(with_forwarding(request.headers, gateway), ",")
        content_type = headers.get("content-type", "text/plain")
        body, is_base64 = encode_body(request.body, as_text=is_text(content_type) and not _is_form(content_type))
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": raw_path,
            "rawQueryString": request.query.decode("latin-1"),
            "headers": headers,
            "requestContext": {
                "accountId": gateway.account_id,
                "apiId": domain.partition(".")[0],
                "domainName": domain,
                "domainPrefix": domain.partition(".")[0],
                "http": {
                    "method": request.method,
                    "path": path,
                    "protocol": f"HTTP/{request.http_version}",
                    "sourceIp": gateway.source_ip,
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": gateway.request_id,
                "routeKey": "$default",
                "stage": stage,
                "time": gateway.time,
                "timeEpoch": gateway.time_epoch,
            },
            "isBase64Encoded": is_base64,
        }
        if gateway.authorizer is not None:
            event["requestContext"]["authorizer"] = dict(gateway.authorizer)
        if request.body:
            event["body"] = body
        return event | _optional_maps(request, gateway)


def _optional_maps(request: Request, gateway: Gateway) -> dict[str, Any]:
    """Return the parts of an event that are left out where they would be empty."""
    parts = {
        "cookies": _cookies_of(request.headers),
        "stageVariables": dict(gateway.stage_variables),
        "queryStringParameters": _comma_joined(request.query.decode("latin-1")),
    }
    return {name: part for name, part in parts.items() if part}


def _is_form(content_type: str) -> bool:
    # Not in AWS's documentation; users of both services meet form bodies as base64.
    return content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _cookies_of(headers: Headers) -> list[str]:
    sent = "; ".join(value.decode("latin-1") for name, value in headers if name == b"cookie")
    return [cookie.strip() for cookie in sent.split(";") if cookie.strip()]


def _comma_joined(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters
