import json
from collections.abc import Mapping

from lambdakit.emulator.runtime_api.answer import PAYLOAD_LIMIT
from lambdakit.emulator.runtime_api.invocation import CLIENT_CONTEXT_LIMIT
from lambdakit.errors import PayloadTooLarge


def check_payload(payload: bytes, client_context: Mapping[str, object] | None) -> None:
    """Raise PayloadTooLarge for an event or a client context that AWS would not accept."""
    _check_size("payload", len(payload), PAYLOAD_LIMIT)
    _check_size("client context", len(json.dumps(client_context or {})), CLIENT_CONTEXT_LIMIT)


def _check_size(what: str, size: int, limit: int) -> None:
    if size > limit:
        fix = f"send at most {limit}, and put what is larger into S3"
        raise PayloadTooLarge(f"the {what} has {size} bytes", fix=fix)
