"""Payload format 1.0, which REST APIs send and HTTP APIs can be set to.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from binascii import crc32
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from lambdakit.events.address import scheme_of, server_of
from lambdakit.events.body import decode_body, encode_body, is_text
from lambdakit.events.format import EventFormat, protocol_version, require_text
from lambdakit.events.forwarding import with_forwarding
from lambdakit.events.headers import grouped, pairs_of, pairs_of_lists, with_content_length
from lambdakit.events.message import Gateway, Headers, Request
from lambdakit.events.path import encode_query, prefix_before, resolve_route
from lambdakit.events.shape import Field, boolean, map_of_lists, map_of_text, table, text

_NOBODY: dict[str, None] = dict.fromkeys(
    (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
)
"""What an event says of a caller that nobody has asked for who it is."""


class PayloadOne(EventFormat):
    """What REST APIs and HTTP APIs with format 1.0 do alike."""

    domain: ClassVar[str]
    """A typical host of the service."""
    fields = (
        Field("httpMethod", text, required=True),
        Field("path", text, required=True),
        Field("resource", text),
        Field("headers", map_of_text),
        Field("multiValueHeaders", map_of_lists),
        Field("queryStringParameters", map_of_text),
        Field("multiValueQueryStringParameters", map_of_lists),
        Field("pathParameters", map_of_text),
        Field("requestContext", table, required=True),
        Field("requestContext.path", text),
        Field("requestContext.domainName", text),
        Field("requestContext.protocol", text),
        Field("requestContext.identity", table),
        Field("requestContext.identity.sourceIp", text),
        Field("body", text),
        Field("isBase64Encoded", boolean),
    )

    def _request(self, event: Mapping[str, Any], path: str, raw_path: bytes, root_path: str) -> Request:
        context = event["requestContext"]
        multiple = event.get("multiValueHeaders")
        headers = pairs_of_lists(multiple) if multiple else pairs_of(event.get("headers"))
        by_name = dict(headers)
        body = decode_body(event.get("body"), event.get("isBase64Encoded"))
        scheme = scheme_of(by_name)
        domain = context.get("domainName") or "localhost"
        identity: Mapping[str, Any] = context.get("identity") or {}
        source_ip = identity.get("sourceIp")
        require_text(event["httpMethod"], path, domain, source_ip or "")
        return Request(
            event["httpMethod"],
            path,
            raw_path,
            encode_query(event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")),
            with_content_length(headers, by_name, event["httpMethod"], body),
            body,
            root_path,
            scheme,
            protocol_version(context.get("protocol")),
            (source_ip, 0) if source_ip else None,
            server_of(by_name, scheme, domain),
        )

    def _mapped_prefix(self, event: Mapping[str, Any], path: str) -> str:
        """Return the base path mapping in front of the resource that matched, if the resource shows one."""
        resource = event.get("resource") or ""
        if not resource.startswith("/"):
            return ""
        route = resolve_route(resource, event.get("pathParameters"))
        # API Gateway matches a path without the slash at its end.
        return prefix_before(path.rstrip("/"), route.rstrip("/")) or ""

    def _encode_headers(self, headers: Headers) -> dict[str, Any]:
        last = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        if len(last) == len(headers):
            return {"headers": last}
        groups = grouped(headers)
        single = {name: values[0] for name, values in groups.items() if len(values) == 1}
        return {"headers": single, "multiValueHeaders": {name: groups[name] for name in groups if name not in single}}

    def _encode_body(self, body: bytes, content_type: str, gateway: Gateway) -> tuple[str, bool]:  # noqa: ARG002 (REST APIs ask it)
        return encode_body(body, as_text=is_text(content_type))

    def _event(self, request: Request, gateway: Gateway, *, path: str, stage: str, resource: str) -> dict[str, Any]:
        headers = grouped(with_forwarding(request.headers, gateway))
        query = _decoded_lists(request.query)
        body, is_base64 = self._encode_body(request.body, headers.get("content-type", ["text/plain"])[-1], gateway)
        return {
            "resource": resource,
            "path": path,
            "httpMethod": request.method,
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": None,
            "stageVariables": dict(gateway.stage_variables) or None,
            "requestContext": self._request_context(request, gateway, stage=stage, resource=resource),
            "body": body if request.body else None,
            "isBase64Encoded": is_base64,
        }

    def _request_context(self, request: Request, gateway: Gateway, *, stage: str, resource: str) -> dict[str, Any]:
        domain = gateway.domain or self.domain
        agents = [value.decode("latin-1") for name, value in request.headers if name == b"user-agent"]
        context: dict[str, Any] = {
            "accountId": gateway.account_id,
            "apiId": domain.partition(".")[0],
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "extendedRequestId": gateway.request_id,
            "httpMethod": request.method,
            "identity": {
                **_NOBODY,
                "sourceIp": gateway.source_ip,
                "userAgent": agents[-1] if agents else "",
                **(gateway.identity or {}),
            },
            "protocol": f"HTTP/{request.http_version}",
            "requestId": gateway.request_id,
            "requestTime": gateway.time,
            "requestTimeEpoch": gateway.time_epoch,
            "resourceId": f"{crc32(resource.encode()):08x}"[:6],
            "resourcePath": resource,
            "stage": stage,
        }
        if gateway.authorizer is not None:
            context["authorizer"] = dict(gateway.authorizer)
        return context


def _decoded_lists(query: bytes) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        parameters.setdefault(name, []).append(value)
    return parameters
