"""API Gateway REST APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from lambdakit.events.body import encode_body
from lambdakit.events.message import Gateway, Headers, Request, Response
from lambdakit.events.path import decode_path, prefix_before
from lambdakit.events.payload_one import PayloadOne

_PARAMETER = re.compile(r"\{([^{}]+)\}")


class RestApi(PayloadOne):
    """Payload format 1.0 with the path as on the wire, the query decoded and content-length dropped."""

    name = "rest-api"
    domain = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    renamed = frozenset(
        {
            b"authorization",
            b"connection",
            b"content-md5",
            b"date",
            b"max-forwards",
            b"server",
            b"user-agent",
            b"www-authenticate",
        }
    )

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        path = event["path"] or "/"
        full_path = event["requestContext"].get("path") or path
        prefix = prefix_before(full_path, path) or self._mapped_prefix(event, full_path)
        if prefix == full_path:
            full_path += "/"
        return self._request(event, decode_path(full_path), full_path.encode(), decode_path(prefix))

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of a REST API; a request's path is the one behind the stage."""
        stage = gateway.stage or "prod"
        path = request.raw_path.decode("latin-1")
        kept = [pair for pair in request.headers if pair[0] != b"content-length"]
        event = self._event(request._replace(headers=kept), gateway, path=path, stage=stage, resource=gateway.route)
        event["pathParameters"] = match_route(gateway.route, path) or None
        event["requestContext"]["path"] = f"/{stage}{path}"
        return event

    def _encode_body(self, body: bytes, content_type: str, gateway: Gateway) -> tuple[str, bool]:
        if _is_binary(content_type, gateway):
            return encode_body(body, as_text=False)
        return body.decode(errors="replace"), False

    def _decode_result(self, result: Any, gateway: Gateway) -> Response:
        response = super()._decode_result(result, gateway)
        if result.get("isBase64Encoded") and not _is_binary(gateway.accept, gateway):
            # A client that does not ask for a binary media type gets the base64 text as it is.
            return response._replace(body=(result.get("body") or "").encode("ascii"))
        return response


def _is_binary(media_type: str, gateway: Gateway) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return any(pattern == "*/*" or fnmatchcase(kind, pattern.lower()) for pattern in gateway.binary_media_types)


def first_accepted(headers: Headers) -> str:
    """Return the media type that a request's `Accept` begins with, nothing without one."""
    value = next((value for name, value in headers if name == b"accept"), b"")
    return value.decode("latin-1").partition(",")[0].strip()


def find_resource(resources: Iterable[str], path: str) -> str | None:
    """Return the resource of a REST API that a path belongs to, the most specific one, or None for none.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html
    """
    specific_first = sorted(resources, key=lambda resource: [_rank(part) for part in resource.split("/")])
    return next((resource for resource in specific_first if match_route(resource, path) is not None), None)


def _rank(part: str) -> int:
    return 0 if not part.startswith("{") else 2 if part.endswith("+}") else 1


def match_route(route: str, path: str) -> dict[str, str] | None:
    """Return the path parameters that a resource finds in a path, None when the path is not below it.

    A greedy parameter takes the rest without its last slash.
    """
    parts = _PARAMETER.split(route)
    names = parts[1::2]
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = ["(.+?)/?" if name.endswith("+") else "([^/]+)" for name in names]
    match = re.fullmatch("".join(parts), path)
    if match is None:
        return None
    return {name.rstrip("+"): value for name, value in zip(names, match.groups(), strict=True)}
