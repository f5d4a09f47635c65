"""The context object that handlers get."""

import os
import time
from types import SimpleNamespace
from typing import Any, cast

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")
_CLIENT_FIELDS = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class Context:
    """What Lambda tells of one invocation and its function.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def __init__(
        self,
        request_id: str,
        *,
        deadline: float,
        function_arn: str | None = None,
        tenant_id: str | None = None,
        client_context: dict[str, Any] | None = None,
        identity: dict[str, Any] | None = None,
    ) -> None:
        """Take what came with the event; `deadline` is in seconds since the epoch."""
        variables = os.environ
        self.aws_request_id = request_id
        self.invoked_function_arn = function_arn
        self.tenant_id = tenant_id
        self.function_name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = variables.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.identity = SimpleNamespace(
            cognito_identity_id=(identity or {}).get("cognitoIdentityId"),
            cognito_identity_pool_id=(identity or {}).get("cognitoIdentityPoolId"),
        )
        self._w3c = _take_w3c(client_context)
        self.client_context = _make_client_context(client_context)
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left before Lambda ends the invocation."""
        return max(int((self._deadline - time.time()) * 1000), 0)

    def w3c(self) -> dict[str, str]:
        """Return the W3C trace context that the caller passed on."""
        return dict(self._w3c)

    def log(self, message: object) -> None:
        """Write to the log."""
        print(message)  # noqa: T201 (standard output is the log)

    def __repr__(self) -> str:
        fields = ("aws_request_id", "function_name", "function_version", "invoked_function_arn", "tenant_id")
        return f"Context({', '.join(f'{field}={getattr(self, field)!r}' for field in fields)})"


def _take_w3c(client_context: dict[str, Any] | None) -> dict[str, str]:
    given = client_context.pop("w3c", None) if client_context else None
    if not isinstance(given, dict):
        return {}
    fields = cast("dict[str, object]", given)
    return {name: value for name in _W3C_FIELDS if isinstance(value := fields.get(name), str)}


def _make_client_context(given: dict[str, Any] | None) -> SimpleNamespace | None:
    if given is None:
        return None
    client: dict[str, Any] | None = given.get("client")
    shown = None if client is None else SimpleNamespace(**{name: client.get(name) for name in _CLIENT_FIELDS})
    return SimpleNamespace(custom=given.get("custom"), env=given.get("env"), client=shown)
