import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs

from lambdakit.emulator.front_doors.admission import read_pieces
from lambdakit.emulator.lambda_api import replies

Message = MutableMapping[str, Any]
"""An ASGI message."""
Receive = Callable[[], Awaitable[Message]]
"""ASGI's `receive`."""

SYNCHRONOUS_LIMIT = 6_291_456
"""Bytes of a payload that someone waits for. Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
ASYNCHRONOUS_LIMIT = 1_048_576
"""Bytes of a payload that nobody waits for. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""

_CONTEXT_LIMIT = 3_583
_NO_TENANTS = "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request."


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to invoke a function; `body` is what was read of it, `size` how long it is."""

    request_id: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes
    size: int

    @property
    def qualifier(self) -> str:
        """The version or alias that was asked for, or nothing."""
        return self.query.get("Qualifier", [""])[-1]

    @property
    def payload(self) -> bytes:
        """The event; an empty one is an empty object."""
        return self.body or b"{}"

    @property
    def wants_log(self) -> bool:
        """Whether the answer has to hold the end of the log."""
        return self._log_type() == "Tail"

    def _log_type(self) -> str:
        return self._one_of("x-amz-log-type", "logType", ("None", "Tail"))

    def find_kind(self, *kinds: str) -> str:
        """Return which kind of invocation is asked for, by default the first."""
        return self._one_of("x-amz-invocation-type", "invocationType", kinds)

    def _one_of(self, header: str, place: str, choices: tuple[str, ...]) -> str:
        value = self.headers.get(header, choices[0])
        if value not in choices:
            raise replies.invalid_value(value, place, f"Member must satisfy enum value set: [{', '.join(choices)}]")
        return value

    def check(self, kind: str) -> None:
        """Raise Refused for what Lambda does not take, and for a tenant, as no function here knows any."""
        self._log_type()
        limit = ASYNCHRONOUS_LIMIT if kind == "Event" else SYNCHRONOUS_LIMIT
        if self.size > limit:
            raise replies.too_large(self.size, kind, limit)
        try:
            json.loads(self.payload)
        except (ValueError, RecursionError) as error:
            what = f"Could not parse request body into json: Could not parse payload into json: {error}"
            raise replies.invalid_content(what) from error
        if "x-amz-tenant-id" in self.headers:
            raise replies.invalid_parameter(_NO_TENANTS)

    def read_client_context(self) -> Mapping[str, object] | None:
        """Return what the caller says of itself.

        Raises:
            Refused: It is too long, or no base64 of a JSON object.
        """
        encoded = self.headers.get("x-amz-client-context")
        if encoded is None:
            return None
        if len(encoded) > _CONTEXT_LIMIT:
            raise replies.invalid_parameter(f"Client context must have at most {_CONTEXT_LIMIT} bytes.")
        try:
            content: object = json.loads(base64.b64decode(encoded, validate=True))
        except (ValueError, RecursionError, binascii.Error) as error:
            raise replies.invalid_content("Client context must be a valid Base64-encoded JSON object.") from error
        if not isinstance(content, dict):
            raise replies.invalid_content("Client context must be a valid Base64-encoded JSON object.")
        return cast("dict[str, object]", content)


async def read_call(scope: Any, receive: Receive, request_id: str) -> Call:
    """Read a request to its end; what is over the limit is counted and not kept.

    Raises:
        HungUp: It broke off.
    """
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body, size = bytearray(), 0
    async for piece in read_pieces(receive):
        size += len(piece)
        if size <= SYNCHRONOUS_LIMIT:
            body += piece
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return Call(request_id=request_id, headers=headers, query=query, body=bytes(body), size=size)
