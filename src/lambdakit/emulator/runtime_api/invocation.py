import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

CLIENT_CONTEXT_LIMIT = 3_583
"""Bytes of the client context."""


def _new_trace_id() -> str:
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=1"


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One event on its way to the function, with what the runtime learns about it.

    `deadline` is in seconds since the epoch.
    """

    payload: bytes
    function_arn: str
    deadline: float
    client_context: Mapping[str, object] | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    invocation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=_new_trace_id)

    def is_meant(self, request_id: str, invocation_id: str | None) -> bool:
        """Say whether an answer with these ids is for this invocation; older runtimes do not echo the second."""
        return request_id == self.request_id and invocation_id in {None, self.invocation_id}

    def headers(self) -> dict[str, str]:
        """Return the headers that accompany the event.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
        """
        headers = {
            "lambda-runtime-aws-request-id": self.request_id,
            "lambda-runtime-invocation-id": self.invocation_id,
            # awslambdaric aborts on a deadline of zero.
            "lambda-runtime-deadline-ms": str(max(int(self.deadline * 1000), 1)),
            "lambda-runtime-invoked-function-arn": self.function_arn,
            "lambda-runtime-trace-id": self.trace_id,
        }
        if self.client_context is not None:
            headers["lambda-runtime-client-context"] = json.dumps(self.client_context)
        return headers
