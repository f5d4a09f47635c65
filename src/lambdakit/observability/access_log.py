"""One line for each HTTP request of an ASGI app: https://asgi.readthedocs.io/en/latest/specs/www.html."""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from lambdakit.observability import fields, hosts, secrets
from lambdakit.observability.configured import Observability, access_logger, setup
from lambdakit.observability.current import current
from lambdakit.observability.names import is_secret

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_is_id = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}").fullmatch
_FIRST_ERROR = 500
_SCHEMES = ("bearer ", "basic ")


class AccessLog:
    """ASGI middleware that logs each request once it is answered, and gives its ids to every line in between.

    No body is logged, and of the address only the path. Lifespan and websocket scopes pass through.
    """

    def __init__(self, app: _App, *, correlation_headers: Sequence[str] = ("x-correlation-id", "x-request-id")) -> None:
        """Take the app, and the headers in which a caller may send a correlation id, the best first.

        An id of up to 128 letters, digits and `._:/+=@-` is taken, else one is made; the response carries it in the
        first of these headers.
        """
        self._app = app
        self._headers = tuple(name.lower().encode("latin-1") for name in correlation_headers)
        self._is_first = True

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts.silence_server_access()
        exchange = _Exchange(scope, setup(), self._headers, is_first=self._is_first)
        self._is_first = False
        await exchange.run(self._app, receive, send)


class _Exchange:
    """One request and what becomes of it."""

    def __init__(
        self, scope: _Scope, observability: Observability, names: tuple[bytes, ...], *, is_first: bool
    ) -> None:
        self._scope = scope
        self._observability = observability
        self._started = perf_counter()
        self._status: int | None = None
        self._bytes = 0
        self._first_byte: float | None = None
        self._is_aborted = False
        self._is_logged = False
        self._correlation_id = _find_id(scope["headers"], names) or str(uuid4())
        self._echoed = names[0] if names else b"x-correlation-id"
        invocation = current.get()
        self._fields: dict[str, Any] = {
            "correlation_id": self._correlation_id,
            "cold_start": invocation.is_cold_start if invocation else is_first,
            "function_request_id": invocation.request_id if invocation else _request_id(scope),
        }

    async def run(self, app: _App, receive: _Receive, send: _Send) -> None:
        """Let the app answer; the line is written with the last byte, or when the app ends without one."""
        field_token = fields.of_request.set(self._fields)
        secret_token = secrets.of_request.set(_secrets_of(self._scope))
        try:
            await app(self._scope, self._receiving(receive), self._sending(send))
        except BaseException as error:
            self._log(error)
            raise
        finally:
            self._log(None)
            self._observability.flush_metrics()
            secrets.of_request.reset(secret_token)
            fields.of_request.reset(field_token)

    def _receiving(self, receive: _Receive) -> _Receive:
        async def receive_and_watch() -> _Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not self._is_logged:
                self._is_aborted = True
            return message

        return receive_and_watch

    def _sending(self, send: _Send) -> _Send:
        async def send_and_count(message: _Message) -> None:
            if message["type"] == "http.response.start":
                message = self._start(message)
            try:
                await send(message)
            except OSError:
                self._is_aborted = True
                raise
            if message["type"] == "http.response.body":
                self._count(message)

        return send_and_count

    def _start(self, message: _Message) -> _Message:
        self._status = message["status"]
        headers = list(message.get("headers", ()))
        if all(name.lower() != self._echoed for name, _ in headers):
            headers.append((self._echoed, self._correlation_id.encode("latin-1")))
        return {**message, "headers": headers}

    def _count(self, message: _Message) -> None:
        if self._first_byte is None:
            self._first_byte = perf_counter()
        self._bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._log(None)

    def _log(self, error: BaseException | None) -> None:
        if self._is_logged:
            return
        self._is_logged = True
        failed = error is not None or self._is_aborted or (self._status or _FIRST_ERROR) >= _FIRST_ERROR
        if failed or self._observability.is_sampled():
            log = access_logger.error if failed and not self._is_aborted else access_logger.info
            log("request", extra=self._line(error))

    def _line(self, error: BaseException | None) -> dict[str, Any]:
        return {
            "method": self._scope["method"],
            "path": self._scope["path"],
            "route": getattr(self._scope.get("route"), "path", None),
            "status": self._status,
            "duration_ms": _milliseconds(self._started, perf_counter()),
            "first_byte_ms": _milliseconds(self._started, self._first_byte) if self._first_byte else None,
            "bytes_out": self._bytes,
            "remaining_ms": _remaining(self._scope.get("aws.context")),
            "aborted": self._is_aborted or None,
            "failed_with": type(error).__name__ if error else None,
            **self._fields,
        }


def _find_id(headers: Sequence[tuple[bytes, bytes]], names: tuple[bytes, ...]) -> str | None:
    for wanted in names:
        for name, value in headers:
            if name.lower() == wanted and _is_id(value):
                return value.decode("ascii")
    return None


def _request_id(scope: _Scope) -> str:
    return getattr(scope.get("aws.context"), "aws_request_id", None) or str(uuid4())


def _remaining(context: Any) -> int | None:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() if remaining else None


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)


def _secrets_of(scope: _Scope) -> tuple[str, ...]:
    """Return the values that this request must not leave in any line: of secret headers and of secret parameters."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    found = [value for name, value in headers if is_secret(name)]
    bare = [value.partition(" ")[2] for value in found if value.lower().startswith(_SCHEMES)]
    crumbs = [pair.partition("=")[2].strip() for value in found for pair in value.split(";") if "=" in pair]
    query = scope.get("query_string", b"").decode("latin-1")
    asked = [value for name, value in parse_qsl(query, max_num_fields=100) if is_secret(name)] if query else []
    long = {value for value in (*found, *bare, *crumbs, *asked) if secrets.long_enough(value)}
    return tuple(sorted(long, key=len, reverse=True))
