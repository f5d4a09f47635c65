"""Lambda function URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html."""

from collections.abc import Mapping
from typing import Any

from lambdakit.events.message import Gateway, Request
from lambdakit.events.path import decode_path
from lambdakit.events.payload_two import PayloadTwo


class FunctionUrl(PayloadTwo):
    """Payload format 2.0 with the path as on the wire, and cookies both apart and in their header."""

    name = "function-url"
    domain = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
    # Not in AWS's documentation; users whose clients look for the challenge of a 401 meet it.
    renamed = frozenset({b"date", b"www-authenticate"})

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        raw_path = event["rawPath"] or "/"
        return self._request(event, decode_path(raw_path), raw_path.encode(), "")

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of a function URL: repeated headers joined, `requestContext.http.path` decoded."""
        raw_path = request.raw_path.decode("latin-1")
        event = self._event(request, gateway, raw_path=raw_path, path=decode_path(raw_path), stage="$default")
        if gateway.authorizer is None:
            event["requestContext"]["accountId"] = "anonymous"
        return event
