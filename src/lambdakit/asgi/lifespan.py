"""The lifespan protocol: https://asgi.readthedocs.io/en/latest/specs/lifespan.html."""

import asyncio
import logging
from typing import Any

from lambdakit.asgi.types import App, LifespanMode, Message
from lambdakit.errors import LifespanFailed

_logger = logging.getLogger("lambdakit.asgi")


class Lifespan:
    """One run of an app's lifespan, from its startup to its shutdown."""

    def __init__(self, app: App, mode: LifespanMode) -> None:
        self.state: dict[str, Any] = {}
        """What the app put into its state at startup; every request gets a copy."""
        self._app = app
        self._mode: LifespanMode = mode
        self._orders: asyncio.Queue[Message] = asyncio.Queue()
        self._replies: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._is_started = False

    async def start(self) -> None:
        """Send the app its startup and wait until it is complete.

        Raises:
            LifespanFailed: The app says so, or `on` was asked for and it raises instead of answering.
        """
        if self._mode == "off":
            return
        self._task = asyncio.create_task(self._run())
        reply = await self._exchange("lifespan.startup")
        if reply["type"] == "lifespan.startup.failed":
            message = str(reply.get("message", "")).strip() or "it gave no reason"
            _logger.error("the app refused to start: %s", message)
            raise LifespanFailed(
                f"the app refused to start: {message.splitlines()[-1]}",
                fix="the log above this line shows where its lifespan failed",
            )
        self._is_started = True

    async def stop(self) -> None:
        """Send the app its shutdown and wait until it is complete; a failure is logged."""
        if self._task is None or self._task.done():
            return
        reply = await self._exchange("lifespan.shutdown")
        if reply["type"] == "lifespan.shutdown.failed":
            _logger.error("the app failed to shut down: %s", reply.get("message", ""))

    async def _exchange(self, order: str) -> Message:
        await self._orders.put({"type": order})
        return await self._replies.get()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._orders.get, self._replies.put)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (the startup that waits has to hear of it)
            self._give_up(error)
        else:
            # An app that returns without a word has nothing to start and nothing to stop.
            await self._replies.put({"type": "lifespan.done"})

    def _give_up(self, error: Exception | SystemExit) -> None:
        """Answer in place of an app that raised; one that does not know the protocol may, unless it has to."""
        if self._is_started:
            _logger.error("the app raised in its lifespan after it had started", exc_info=error)
            self._replies.put_nowait({"type": "lifespan.done"})
        elif self._mode == "on" or isinstance(error, SystemExit):
            reason = f"{type(error).__name__}: {error}"
            self._replies.put_nowait({"type": "lifespan.startup.failed", "message": reason})
        else:
            _logger.info("the app does not know the lifespan protocol (%s: %s)", type(error).__name__, error)
            self._replies.put_nowait({"type": "lifespan.done"})
