import asyncio
import logging
from typing import Any

from lambdakit.runtime.loop import MainLoop

_logger = logging.getLogger("lambdakit.asgi")
_Tasks = set[asyncio.Task[Any]]


class Leftovers:
    """Notices tasks that a request has started and left behind, on a loop that stands still between requests.

    It looks at the first request, the second, the fourth and so on, since a look costs a quarter of a small request,
    and says so once.
    """

    def __init__(self, loop: MainLoop) -> None:
        self._loop = loop
        self._requests = 0
        self._has_noted = False

    def begin(self) -> _Tasks | None:
        """Count a request, and return the tasks from before it when it is one to look at."""
        self._requests += 1
        is_due = self._requests & (self._requests - 1) == 0
        return self._loop.tasks() if is_due and not self._has_noted else None

    def end(self, before: _Tasks | None) -> None:
        """Warn of the tasks that are new."""
        if before is None or not (left := self._loop.tasks() - before):
            return
        self._has_noted = True
        names = sorted(getattr(task.get_coro(), "__qualname__", task.get_name()) for task in left)
        _logger.warning(
            "a request has left tasks behind (%s), which stand still until the next one: nothing runs in between. "
            "Fix: await them before the response, use a BackgroundTask, or hand the work to a queue",
            ", ".join(names),
        )
