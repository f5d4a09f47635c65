"""API Gateway HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html."""

from collections.abc import Mapping
from typing import Any

from lambdakit.events.message import Gateway, Request
from lambdakit.events.path import decode_path, encode_path, stage_prefix
from lambdakit.events.payload_one import PayloadOne
from lambdakit.events.payload_two import PayloadTwo

_DOMAIN = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"


class HttpApi(PayloadTwo):
    """Payload format 2.0 with the path already decoded, and cookies apart from the headers."""

    name = "http-api"
    domain = _DOMAIN

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        path = event["rawPath"] or "/"
        context = event["requestContext"]
        root_path = stage_prefix(path, context.get("stage"), context.get("domainName"))
        path = path + "/" if path == root_path else path
        return self._request(event, path, encode_path(path), root_path)

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of an HTTP API: the path decoded and cut at a question mark, repeated headers joined."""
        stage = gateway.stage or "$default"
        path = delivered_path(request, stage)
        event = self._event(request, gateway, raw_path=path, path=path, stage=stage)
        event["headers"].pop("cookie", None)
        return event


class HttpApiOne(PayloadOne):
    """Payload format 1.0 with the path already decoded and repeated headers kept."""

    name = "http-api-1.0"
    domain = _DOMAIN

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        path = event["path"] or "/"
        context = event["requestContext"]
        root_path = stage_prefix(path, context.get("stage"), context.get("domainName"))
        if not root_path:
            root_path = self._mapped_prefix(event, path)
        path = path + "/" if path == root_path else path
        return self._request(event, path, encode_path(path), root_path)

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of an HTTP API: the path decoded and cut at a question mark."""
        stage = gateway.stage or "$default"
        path = delivered_path(request, stage)
        event = self._event(request, gateway, path=path, stage=stage, resource="$default")
        event["version"] = "1.0"
        event["requestContext"]["path"] = path
        return event


def delivered_path(request: Request, stage: str) -> str:
    """Return the path as an HTTP API delivers it: decoded, cut at a decoded question mark, behind a named stage."""
    path = decode_path(request.raw_path.decode("latin-1")).partition("?")[0]
    return path if stage == "$default" else f"/{stage}{path}"
