"""Says what keeps the main thread busy when a function is about to run into its time-out.

Neither a plain function nor a blocked event loop can be cut off from outside, so Lambda's own time-out ends them; the
log should at least show the line.
"""

import logging
import signal
import time
from traceback import extract_stack, format_list
from types import FrameType

from lambdakit.runtime.failures import users_part

_MARGIN = 0.05
"""Seconds before the deadline: after work that can be cut off has been, and early enough to write a record."""
_logger = logging.getLogger("lambdakit.runtime")


class BlockWatch:
    """Logs the main thread's stack shortly before an invocation's deadline, unless its event loop is only waiting.

    A function that takes SIGALRM for itself goes without.
    """

    def __init__(self) -> None:
        self._handler = self._report
        self._deadlines: list[float] = []
        signal.signal(signal.SIGALRM, self._handler)

    def begin(self, deadline: float) -> None:
        """Watch over one more invocation; `deadline` is in seconds since the epoch."""
        self._deadlines.append(deadline)
        self._set_timer()

    def end(self, deadline: float) -> None:
        """Watch over it no longer."""
        self._deadlines.remove(deadline)
        self._set_timer()

    def _set_timer(self) -> None:
        if signal.getsignal(signal.SIGALRM) is not self._handler:
            return
        left = max(min(self._deadlines) - _MARGIN - time.time(), 0.001) if self._deadlines else 0
        signal.setitimer(signal.ITIMER_REAL, left)

    def _report(self, _number: int, frame: FrameType | None) -> None:
        if frame is None or frame.f_globals.get("__name__") == "selectors":
            return
        stack = "".join(format_list(users_part(extract_stack(frame)))).rstrip()
        _logger.error(
            "the handler keeps its thread busy and cannot be cut off; Lambda's time-out ends the whole environment. "
            "Raise the time-out, or let what blocks run in a thread (a `def` route, asyncio.to_thread) with a limit of "
            "its own. It is at:\n%s",
            stack,
        )
