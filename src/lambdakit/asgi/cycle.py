"""One HTTP request through an ASGI app: https://asgi.readthedocs.io/en/latest/specs/www.html."""

import asyncio
import logging
import re
from functools import lru_cache

from lambdakit.asgi.types import App, Message, Scope
from lambdakit.events import Headers, Response

_logger = logging.getLogger("lambdakit.asgi")
_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_has_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
WITHOUT_BODY = frozenset({*range(100, 200), 204, 304})
"""The status codes of responses that have no body, whatever the app sends."""


class BodyTooLarge(Exception):
    """The app sent more than the caller of the function accepts."""


class HttpCycle:
    """The messages between one request and the app."""

    __slots__ = (
        "_body",
        "_chunks",
        "_declared_length",
        "_disconnected",
        "_error",
        "_headers",
        "_is_complete",
        "_is_head",
        "_is_read",
        "_limit",
        "_scope",
        "_size",
        "_status",
    )

    def __init__(self, scope: Scope, body: bytes, limit: int) -> None:
        """Take a scope, the whole request body, and the most bytes that the response body may have."""
        self._scope = scope
        self._body = body
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        self._status: int | None = None
        self._headers: Headers = []
        self._declared_length: bytes | None = None
        self._is_head = scope["method"] == "HEAD"
        self._is_read = False
        self._is_complete = False
        self._disconnected: asyncio.Future[None] | None = None
        self._error: BaseException | None = None

    async def run(self, app: App) -> Response:
        """Call the app and return its response, or a plain 500 as servers do when it fails.

        Raises:
            BodyTooLarge: The response body passed the limit.
        """
        try:
            await app(self._scope, self._receive, self._send)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) or _is_cancelled_from_outside(error):
                raise
            self._error = error
            if self._size <= self._limit:
                _logger.exception("Exception in ASGI application", exc_info=error)
        else:
            if not self._is_complete:
                what = "starting" if self._status is None else "completing"
                _logger.error("ASGI callable returned without %s response.", what)
        if self._size > self._limit:
            raise BodyTooLarge
        return self.completed or internal_server_error()

    @property
    def completed(self) -> Response | None:
        """The response, once the app has sent all of it."""
        if not self._is_complete or self._status is None:
            return None
        if self._is_head or self._status in WITHOUT_BODY:
            return Response(self._status, self._headers)
        body = b"".join(self._chunks)
        if self._declared_length is not None and self._declared_length != b"%d" % len(body):
            self._correct_length(len(body))
        return Response(self._status, self._headers, body)

    async def _receive(self) -> Message:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        if not self._is_complete:
            # Nobody hangs up on a buffered request; the wait ends when the response is complete.
            if self._disconnected is None:
                self._disconnected = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._disconnected)
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._status is None:
            self._begin(message)
            return
        if self._is_complete or message["type"] != "http.response.body":
            raise RuntimeError(self._describe_unexpected(message))
        chunk = b"" if self._is_head else message.get("body", b"")
        self._size += len(chunk)
        if self._size > self._limit:
            raise BodyTooLarge
        self._chunks.append(chunk)
        if not message.get("more_body", False):
            self._complete()

    def _begin(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{message['type']}'.")
        for name, value in message.get("headers", ()):
            lower_name = _lower_token(name)
            if lower_name is None or _has_control(value):
                raise RuntimeError(f"The app sent a header that HTTP does not allow: {name!r}: {value!r}.")
            if lower_name == b"content-length":
                self._declared_length = value
            self._headers.append((lower_name, value))
        self._status = int(message["status"])

    def _describe_unexpected(self, message: Message) -> str:
        if self._is_complete:
            return f"Unexpected ASGI message '{message['type']}' sent, after response already completed."
        return f"Expected ASGI message 'http.response.body', but got '{message['type']}'."

    def _complete(self) -> None:
        self._is_complete = True
        if self._disconnected is not None:
            self._disconnected.set_result(None)

    def _correct_length(self, length: int) -> None:
        """Put the true length in place of the one the app gave, as no service passes on a wrong one."""
        rest = [pair for pair in self._headers if pair[0] != b"content-length"]
        self._headers = [*rest, (b"content-length", b"%d" % length)]


@lru_cache(maxsize=256)
def _lower_token(name: bytes) -> bytes | None:
    return name.lower() if _is_token(name) else None


def _is_cancelled_from_outside(error: BaseException) -> bool:
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def internal_server_error() -> Response:
    """Return what ASGI servers answer for an app that failed."""
    return Response(500, [(b"content-type", b"text/plain; charset=utf-8")], b"Internal Server Error")
