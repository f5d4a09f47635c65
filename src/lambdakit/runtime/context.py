"""The second argument of a handler.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

import os
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

_CLIENT_FIELDS = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class Context:
    """What Lambda tells a handler of its invocation; `deadline` is in milliseconds since the epoch."""

    def __init__(
        self,
        request_id: str,
        deadline: int,
        *,
        function_arn: str | None = None,
        tenant_id: str | None = None,
        client_context: Mapping[str, Any] | None = None,
        identity: Mapping[str, Any] | None = None,
    ) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = function_arn
        self.tenant_id = tenant_id
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = None if client_context is None else _client_context(client_context)
        known = identity or {}
        self.identity = SimpleNamespace(
            cognito_identity_id=known.get("cognitoIdentityId"),
            cognito_identity_pool_id=known.get("cognitoIdentityPoolId"),
        )
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left, never less than none."""
        return max(0, self._deadline - int(time.time() * 1000))


def _client_context(values: Mapping[str, Any]) -> SimpleNamespace:
    client = values.get("client")
    fields = None if client is None else SimpleNamespace(**{name: client.get(name) for name in _CLIENT_FIELDS})
    return SimpleNamespace(custom=values.get("custom"), env=values.get("env"), client=fields)
