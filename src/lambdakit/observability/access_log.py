"""One line for each HTTP request of an ASGI app: https://asgi.readthedocs.io/en/latest/specs/www.html."""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from time import perf_counter
from typing import Any
from uuid import uuid4

from lambdakit.observability import fields, hosts, metrics, secrets, tracing
from lambdakit.observability.configured import Observability, setup
from lambdakit.observability.current import current

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_is_id = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}").fullmatch
_FIRST_ERROR = 500
_logger = logging.getLogger("lambdakit.access")


class AccessLog:
    """ASGI middleware that logs each request once it is answered, and gives its ids to every line in between.

    No body is logged, and of the address only the path. Websockets pass through.
    """

    def __init__(self, app: _App, *, correlation_headers: Sequence[str] = ("x-correlation-id", "x-request-id")) -> None:
        """Take the app, and the headers in which a caller may send a correlation id, the best first.

        An id of up to 128 letters, digits and `._:/+=@-` is taken, else the request's own id; the response carries
        it in the first of these headers.
        """
        self._app = app
        self._headers = tuple(name.lower().encode("latin-1") for name in correlation_headers)
        self._observability = setup()
        self._is_first = True

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one scope."""
        if self._is_first and scope["type"] in {"lifespan", "http"}:
            # uvicorn may have set its loggers up after `setup` was called.
            hosts.take_server_loggers()
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, self._observability, self._headers, is_first=self._is_first)
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
        self._is_ending = False
        self._is_logged = False
        self._echoed = names[0] if names else b"x-correlation-id"
        self._secrets = secrets.RequestSecrets(scope)
        self._metrics: list[Any] = []
        self._fields = _fields_of(scope, names, is_first=is_first)

    async def run(self, app: _App, receive: _Receive, send: _Send) -> None:
        """Let the app answer; the line is written with the last byte, or when the app ends without one."""
        leave = self._enter()
        try:
            await self._trace(app(self._scope, self._receiving(receive), self._sending(send)))
        except BaseException as error:
            # The server logs the exception next, in this context: its line gets the ids and loses the secrets as well.
            self._log(error)
            metrics.flush(self._metrics)
            raise
        self._log(None)
        metrics.flush(self._metrics)
        leave()

    def _trace(self, work: Awaitable[None]) -> Awaitable[None]:
        tracer = self._observability.active_tracer
        return work if tracer is None else tracing.trace(tracer, work, self._annotations)

    def _annotations(self) -> dict[str, Any]:
        return {
            "correlation_id": self._fields["correlation_id"],
            "cold_start": self._fields["cold_start"],
            "method": self._scope["method"],
            "route": _route(self._scope),
            "status": self._status,
        }

    def _enter(self) -> Callable[[], None]:
        of_fields = fields.of_request.set(self._fields)
        of_secrets = secrets.of_request.set(self._secrets)
        of_metrics = metrics.of_request.set(self._metrics)

        def leave() -> None:
            fields.of_request.reset(of_fields)
            secrets.of_request.reset(of_secrets)
            metrics.of_request.reset(of_metrics)

        return leave

    def _receiving(self, receive: _Receive) -> _Receive:
        async def receive_and_watch() -> _Message:
            message = await receive()
            if message["type"] == "http.request":
                self._secrets.add_body(message.get("body", b""))
            elif message["type"] == "http.disconnect" and not self._is_ending:
                self._is_aborted = True
            return message

        return receive_and_watch

    def _sending(self, send: _Send) -> _Send:
        async def send_and_count(message: _Message) -> None:
            if message["type"] == "http.response.start":
                message = self._start(message)
            # Whoever waits for a disconnect is woken while the last message is on its way.
            self._is_ending = message["type"] == "http.response.body" and not message.get("more_body", False)
            try:
                await send(message)
            except OSError:
                self._is_aborted = True
                raise
            finally:
                # Whoever listens for a disconnect may be cancelled by it while the last message is on its way.
                if message["type"] == "http.response.body":
                    self._count(message)

        return send_and_count

    def _start(self, message: _Message) -> _Message:
        self._status = message["status"]
        headers = list(message.get("headers", ()))
        if all(name.lower() != self._echoed for name, _ in headers):
            headers.append((self._echoed, self._fields["correlation_id"].encode("ascii")))
        return {**message, "headers": headers}

    def _count(self, message: _Message) -> None:
        if self._first_byte is None:
            self._first_byte = perf_counter()
        self._bytes += len(message.get("body", b""))
        if self._is_ending:
            self._log(None)

    def _log(self, error: BaseException | None) -> None:
        if self._is_logged:
            return
        self._is_logged = True
        if self._status is None and isinstance(error, Exception) and not self._is_aborted:
            # What every server answers for an app that raised before it answered.
            self._status = _FIRST_ERROR
        failed = self._has_failed(error)
        if failed or self._is_aborted or self._observability.is_sampled():
            self._secrets.reads_body = False
            _logger.log(logging.ERROR if failed else logging.INFO, "request", extra=self._line(error))
            self._secrets.reads_body = True

    def _has_failed(self, error: BaseException | None) -> bool:
        if self._is_aborted:
            return self._status is not None and self._status >= _FIRST_ERROR
        return error is not None or self._status is None or self._status >= _FIRST_ERROR

    def _line(self, error: BaseException | None) -> dict[str, Any]:
        return {
            "method": self._scope["method"],
            "path": self._scope["path"],
            "route": _route(self._scope),
            "status": self._status,
            "duration_ms": _milliseconds(self._started, perf_counter()),
            "first_byte_ms": _milliseconds(self._started, self._first_byte) if self._first_byte else None,
            "bytes_out": self._bytes,
            "remaining_ms": _remaining(self._scope.get("aws.context")),
            "aborted": self._is_aborted or None,
            "failed_with": type(error).__name__ if error else None,
        }


def _fields_of(scope: _Scope, names: Sequence[bytes], *, is_first: bool) -> dict[str, Any]:
    invocation = current.get()
    context = scope.get("aws.context")
    known = invocation.request_id if invocation else getattr(context, "aws_request_id", None)
    request_id = known or str(uuid4())
    return {
        "correlation_id": _find_id(scope["headers"], names) or request_id,
        "cold_start": invocation.is_cold_start if invocation else is_first,
        "function_request_id": request_id,
    }


def _find_id(headers: Sequence[tuple[bytes, bytes]], names: Sequence[bytes]) -> str | None:
    for wanted in names:
        for name, value in headers:
            if name.lower() == wanted and _is_id(value):
                return value.decode("ascii")
    return None


def _route(scope: _Scope) -> str | None:
    return getattr(scope.get("route"), "path", None)


def _remaining(context: Any) -> int | None:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() if remaining else None


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
