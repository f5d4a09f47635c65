"""A door for code written for mangum: change `from mangum import Mangum` to `from lambdakit.mangum import Mangum`.

The constructor takes what mangum 0.22 takes (https://mangum.fastapiexpert.com/adapter/). What differs is meant to:
the lifespan runs once for each environment, paths are decoded once, and `root_path` is set. Lambda@Edge events, which
mangum serves, need a custom handler.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from lambdakit.asgi import LambdaApp
from lambdakit.asgi.types import App, LifespanMode, Message, Receive, Scope, Send
from lambdakit.events import Response

if TYPE_CHECKING:
    from lambdakit.runtime.invocation import Invocation

_TEXT_TYPES = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/vnd.api+json",
    "application/vnd.oai.openapi",
)
"""What mangum tells custom handlers to send as text."""


class CustomHandler(Protocol):
    """An event format of the user's own, in the shape that mangum asks for."""

    def __init__(self, event: Any, context: Any, config: Any, /) -> None: ...

    @classmethod
    def infer(cls, event: Any, context: Any, config: Any) -> bool:
        """Say whether this class takes an event."""
        ...

    @property
    def scope(self) -> Scope:
        """The ASGI scope of the event."""
        ...

    @property
    def body(self) -> bytes:
        """The request body of the event."""
        ...

    def __call__(self, response: Any, /) -> dict[str, Any]:
        """Return the result for a response, a table of `status`, `headers` and `body`."""
        ...


class Mangum(LambdaApp):
    """Serve an ASGI app as a Lambda handler, configured as mangum is."""

    def __init__(
        self,
        app: App,
        lifespan: LifespanMode = "auto",
        api_gateway_base_path: str = "/",
        custom_handlers: Sequence[type[CustomHandler]] | None = None,
        text_mime_types: Sequence[str] | None = None,
        exclude_headers: Sequence[str] | None = None,
    ) -> None:
        """Take mangum's arguments.

        Args:
            app: An ASGI app.
            lifespan: `auto`, `on` or `off`.
            api_gateway_base_path: A prefix of the path that the app does not know; it becomes its `root_path`.
            custom_handlers: Event formats that are asked first.
            text_mime_types: Content types that are text besides the usual ones.
            exclude_headers: Response headers that are left out.
        """
        self._custom_handlers = tuple(custom_handlers or ())
        excluded = frozenset(name.lower() for name in exclude_headers or ())
        self._config = {
            "api_gateway_base_path": api_gateway_base_path or "/",
            "text_mime_types": list(text_mime_types or _TEXT_TYPES),
            "exclude_headers": sorted(excluded),
        }
        super().__init__(
            _without_headers(app, excluded) if excluded else app,
            lifespan=lifespan,
            base_path=api_gateway_base_path,
            text_types=text_mime_types or (),
        )

    def __call__(self, event: Any, context: Any = None) -> Any:
        """Answer one event, with the first custom handler that takes it or else by the event's own format."""
        handler = self._find_custom(event, context)
        if handler is None:
            return super().__call__(event, context)
        return _encode(handler, self.respond(handler.scope, handler.body, context))

    async def serve_invocation(self, invocation: "Invocation") -> None:
        """Answer one event under `lambdakit.runtime`, with the first custom handler that takes it or else as any."""
        handler = self._find_custom(invocation.event, invocation.context)
        if handler is None:
            await super().serve_invocation(invocation)
            return
        await self.serve_scope(invocation, handler.scope, handler.body, encode=partial(_encode, handler))

    def _find_custom(self, event: Any, context: Any) -> CustomHandler | None:
        found = (each for each in self._custom_handlers if each.infer(event, context, self._config))
        handler_class = next(found, None)
        return handler_class(event, context, self._config) if handler_class else None


def _encode(handler: CustomHandler, response: Response) -> dict[str, Any]:
    status, headers, body = response
    return handler({"status": status, "headers": [list(pair) for pair in headers], "body": body})


def _without_headers(app: App, excluded: frozenset[str]) -> App:
    names = {name.encode("latin-1") for name in excluded}

    async def filtered(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_filtered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, send_filtered)

    return filtered
