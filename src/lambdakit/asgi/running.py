"""An app that has been loaded and started."""

import atexit
import inspect
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lambdakit import settings
from lambdakit.asgi.cycle import BodyTooLarge, HttpCycle
from lambdakit.asgi.leftovers import Leftovers
from lambdakit.asgi.lifespan import Lifespan
from lambdakit.asgi.loading import load_app
from lambdakit.asgi.refusals import deadline_passed, response_too_large
from lambdakit.asgi.types import App, LifespanMode, Scope
from lambdakit.coldstart import after_restore, on_shutdown
from lambdakit.events import Response
from lambdakit.runtime.loop import MainLoop, hosted_loop

_SHUTDOWN_SECONDS = 2.0
_logger = logging.getLogger("lambdakit.asgi")


class RunningApp:
    """One app on one loop, started once, for the life of the environment."""

    def __init__(self, reference: object, lifespan: LifespanMode) -> None:
        """Load the app; it starts with the first request or when `start` is called."""
        self._mode: LifespanMode = lifespan
        self._lifespan: Lifespan | None = None
        hosted = hosted_loop()
        self._owns_loop = hosted is None
        self._loop = hosted or MainLoop()
        self._leftovers = Leftovers(self._loop)
        self._register_end()
        try:
            self._app: App = self._loop.run(load_app(reference))
        except BaseException:
            self.close()
            raise

    def _register_end(self) -> None:
        if self._owns_loop:
            atexit.register(self.close)
        else:
            on_shutdown(self.close)
        if settings.takes_snapshot():
            after_restore(self.start)

    @property
    def app(self) -> App:
        """The app."""
        return self._app

    @property
    def state(self) -> dict[str, Any]:
        """What a request gets as its state, after the app has started."""
        return self.start().state.copy()

    def start(self) -> Lifespan:
        """Run the app's startup, unless it has run, and return its lifespan.

        Raises:
            LifespanFailed: The app refused; the next call tries again.
        """
        if self._lifespan is None:
            lifespan = Lifespan(self._app, self._mode)
            self._loop.run(lifespan.start())
            self._lifespan = lifespan
        return self._lifespan

    def respond(self, scope: Scope, body: bytes, *, limit: int, seconds: float | None) -> Response:
        """Return the app's response to a request.

        Args:
            scope: The ASGI scope without `state`.
            body: The whole request body.
            limit: The most bytes that the response body may have.
            seconds: How long the app may take.
        """
        lifespan = self._lifespan or self.start()
        scope["state"] = lifespan.state.copy()
        before = self._leftovers.begin()
        response = self._exchange(scope, body, limit=limit, seconds=seconds)
        self._leftovers.end(before)
        return response

    def _exchange(self, scope: Scope, body: bytes, *, limit: int, seconds: float | None) -> Response:
        cycle = HttpCycle(scope, body, limit)
        try:
            return self._loop.run(cycle.run(self._app), seconds=seconds)
        except BodyTooLarge:
            return response_too_large(limit)
        except TimeoutError:
            # With %r no path can forge a line of the log.
            _logger.error("%s %r was cut off before the function's time-out", scope["method"], scope["path"])  # noqa: TRY400 (where it was cut tells nothing)
            return cycle.completed or deadline_passed()

    def call(self, function: Callable[[Any, Any], Any], event: Any, context: Any) -> Any:
        """Return what a plain function or a coroutine function makes of an event, after the app has started."""
        self.start()
        return self._loop.run(call_function(function, event, context))

    def close(self) -> None:
        """Run the app's shutdown and close the loop, for good."""
        atexit.unregister(self.close)
        lifespan, self._lifespan = self._lifespan, None
        if lifespan is not None:
            with suppress(TimeoutError):
                self._loop.run(lifespan.stop(), seconds=_SHUTDOWN_SECONDS)
        if self._owns_loop:
            self._loop.close()


async def call_function(function: Callable[[Any, Any], Any], event: Any, context: Any) -> Any:
    """Return what a plain function or a coroutine function makes of an event."""
    result = function(event, context)
    return await result if inspect.isawaitable(result) else result
