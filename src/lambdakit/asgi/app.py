"""The Lambda handler for ASGI apps."""

import json
import sys
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from lambdakit import settings
from lambdakit.asgi.refusals import response_too_large
from lambdakit.asgi.scope import Mount, make_scope
from lambdakit.asgi.types import LifespanMode, Scope
from lambdakit.errors import OptionError, UnhandledEvent, UnknownEvent
from lambdakit.events import FORMATS, LAMBDA_PAYLOAD_LIMIT, SOURCES, EventFormat, Request, Response, detect

if TYPE_CHECKING:
    from lambdakit.asgi.running import RunningApp
    from lambdakit.runtime.invocation import Invocation

SourceHandler = TypeVar("SourceHandler", bound=Callable[[Any, Any], Any])

_MARGIN = 0.25
"""Seconds before Lambda's deadline at which the app is cut off, enough to send the refusal."""
_ROOM_FOR_ESCAPES = 8
"""How much smaller than the limit a body is certain to fit: JSON writes some bytes as six, as in `\\u0000`."""
_ESCAPES_NON_ASCII = sys.version_info < (3, 12)
"""Lambda's runtime client writes ASCII only up to Python 3.11, and UTF-8 from 3.12 on."""


class LambdaApp:
    """Serve an ASGI app as a Lambda handler, `handler(event, context)`.

    HTTP events of API Gateway, function URLs, load balancers and VPC Lattice go to the app. Its lifespan runs once
    for each environment, in the init phase on Lambda and with the first event elsewhere.
    """

    def __init__(
        self,
        app: object,
        *,
        lifespan: LifespanMode = "auto",
        base_path: str = "",
        root_path: str = "",
        text_types: Collection[str] = (),
        sources: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    ) -> None:
        """Take an app and how to serve it.

        Args:
            app: An ASGI app, a function without arguments that returns one, or where to find either of them as
                `module:attribute`, imported when it is first needed.
            lifespan: `auto` starts apps that know the lifespan protocol, `on` demands it, `off` leaves it out.
            base_path: A prefix that events show and the app does not know, such as a base path mapping that the
                event does not tell apart. It becomes part of `root_path`.
            root_path: A prefix that clients see and events do not show, as uvicorn's `--root-path`.
            text_types: Content types, or beginnings of them, that are text besides the usual ones.
            sources: Callables by the name of the source whose events they take, as `on` registers them.
        """
        if lifespan not in {"auto", "on", "off"}:
            raise OptionError(f"lifespan is {lifespan!r}", where="LambdaApp", fix="use 'auto', 'on' or 'off'")
        self._reference = app
        self._lifespan: LifespanMode = lifespan
        self._mount = Mount(base_path=base_path, root_path=root_path) if base_path or root_path else None
        self._text_types = tuple(text_types)
        self._sources: dict[str, Callable[[Any, Any], Any]] = {}
        for source, function in (sources or {}).items():
            self.on(source)(function)
        self._running: RunningApp | None = None
        if settings.is_lambda():
            running = self._run()
            if not settings.takes_snapshot():
                running.start()

    def on(self, source: str) -> Callable[[SourceHandler], SourceHandler]:
        """Register a callable, plain or async, for the events of a source.

        Args:
            source: A name as `lambdakit.events.detect` returns it, such as `sqs` or `schedule`; `direct` stands for
                every event that no AWS service sends.

        Raises:
            OptionError: No source has this name.
        """
        _check_source(source)

        def register(function: SourceHandler) -> SourceHandler:
            self._sources[source] = function
            return function

        return register

    def __call__(self, event: Any, context: Any = None) -> Any:
        """Answer one event.

        Returns:
            The result in the shape that the event's source expects, or what the registered callable returned.

        Raises:
            MalformedEvent: An HTTP event has a field of the wrong shape.
            UnhandledEvent: Nothing is registered for the event's source.
            UnknownEvent: The event's source cannot be told and nothing is registered for `direct`.
        """
        source = self._recognize(event)
        event_format = FORMATS.get(source)
        if event_format is None:
            function = self._registered(source)
            return self._run().call(function, event, context)
        return self._answer(event_format, event, context)

    async def serve_invocation(self, invocation: "Invocation") -> None:
        """Answer one event under `lambdakit.runtime`, which streams and lets work go on after the response.

        A response is streamed where `LAMBDAKIT_STREAMING` names the event's source, and else posted when the app has
        sent all of it. Events that are no HTTP requests are answered when all work on them has ended.
        """
        from lambdakit.asgi.serving import serve_registered, serve_streamed  # noqa: PLC0415 (needs asyncio)

        event, context = invocation.event, invocation.context
        source = self._recognize(event)
        event_format = FORMATS.get(source)
        if event_format is None:
            await serve_registered(self._registered(source), invocation)
            return
        request = self._read(event_format, event)
        scope = make_scope(request, event, context)
        if settings.streaming_source() != source:
            encode, limit = partial(self._encode, event_format), event_format.response_limit
            await self.serve_scope(invocation, scope, request.body, encode=encode, limit=limit)
            return
        seconds = _seconds_left(context)
        await serve_streamed(
            self._run(), invocation, scope=scope, body=request.body, seconds=seconds, event_format=event_format
        )

    async def serve_scope(
        self,
        invocation: "Invocation",
        scope: Scope,
        body: bytes,
        *,
        encode: Callable[[Response], Any],
        limit: int = LAMBDA_PAYLOAD_LIMIT,
    ) -> None:
        """Answer an event in a shape of one's own under `lambdakit.runtime`.

        Args:
            invocation: The event to answer.
            scope: What the app gets as its ASGI scope, without `state`.
            body: The whole request body.
            encode: Makes the function's result of the app's response.
            limit: The most bytes that the response body may have.
        """
        from lambdakit.asgi.serving import serve_buffered  # noqa: PLC0415 (needs asyncio)

        seconds = _seconds_left(invocation.context)
        await serve_buffered(
            self._run(), invocation, scope=scope, body=body, seconds=seconds, encode=encode, limit=limit
        )

    def _recognize(self, event: Any) -> str:
        try:
            return detect(event)
        except UnknownEvent:
            if "direct" not in self._sources:
                raise
            return "direct"

    def _registered(self, source: str) -> Callable[[Any, Any], Any]:
        function = self._sources.get(source)
        if function is None:
            raise UnhandledEvent(
                f"nothing takes events of the source {source!r}",
                where="LambdaApp",
                fix=f"register a callable with `@handler.on({source!r})`",
            )
        return function

    def _read(self, event_format: EventFormat, event: Mapping[str, Any]) -> Request:
        request = event_format.decode_request(event)
        return self._mount.apply(request) if self._mount else request

    def _answer(self, event_format: EventFormat, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        request = self._read(event_format, event)
        limit = event_format.response_limit
        response = self.respond(make_scope(request, event, context), request.body, context, limit=limit)
        return self._encode(event_format, response)

    def _encode(self, event_format: EventFormat, response: Response) -> dict[str, Any]:
        limit = event_format.response_limit
        as_text = self._is_text(response) if self._text_types else None
        result = event_format.encode_response(response, as_text=as_text)
        if len(response.body) < limit // _ROOM_FOR_ESCAPES or _fits(result, limit):
            return result
        return event_format.encode_response(response_too_large(limit))

    def respond(self, scope: Scope, body: bytes, context: Any = None, *, limit: int = LAMBDA_PAYLOAD_LIMIT) -> Response:
        """Return the app's response to a scope and a whole request body; for events in a shape of one's own.

        Raises:
            LifespanFailed: The app refused to start.
        """
        running = self._running or self._run()
        return running.respond(scope, body, limit=limit, seconds=_seconds_left(context))

    def _run(self) -> "RunningApp":
        if self._running is None:
            # asyncio costs more than all the rest of a cold start here, so it waits until the app is needed.
            from lambdakit.asgi.running import RunningApp  # noqa: PLC0415

            self._running = RunningApp(self._reference, self._lifespan)
        return self._running

    def _is_text(self, response: Response) -> bool | None:
        content_type = dict(response.headers).get(b"content-type", b"").decode("latin-1")
        return True if content_type.startswith(self._text_types) else None

    def close(self) -> None:
        """Run the app's shutdown; the next event starts it again."""
        if self._running is not None:
            self._running.close()
            self._running = None


def _check_source(source: str) -> None:
    if source in FORMATS:
        raise OptionError(
            f"events of {source!r} are HTTP requests", where="LambdaApp.on", fix="let the app answer them"
        )
    if source != "direct" and source not in SOURCES:
        names = ", ".join(sorted({*SOURCES, "direct"}))
        raise OptionError(f"there is no source {source!r}", where="LambdaApp.on", fix=f"use one of {names}")


def _fits(result: dict[str, Any], limit: int) -> bool:
    return len(json.dumps(result, ensure_ascii=_ESCAPES_NON_ASCII).encode()) <= limit


def _seconds_left(context: Any) -> float | None:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    seconds = remaining() / 1000 if remaining else 0
    return max(seconds - _MARGIN, seconds / 2) if seconds > 0 else None
