"""The time that an invocation has, and what becomes of one that has used it up."""

import logging
import time

from lambdakit.runtime.failures import ReportedError
from lambdakit.runtime.invocation import Invocation

_MARGIN = 0.1
"""Seconds before the deadline at which work is cut off: enough to report that."""
_logger = logging.getLogger("lambdakit.runtime")


def seconds_left(invocation: Invocation) -> float:
    """Return how long work on an invocation may take from now on."""
    return max(invocation.deadline - _MARGIN - time.time(), 0.01)


def note_cut(cut_off: str, invocation: Invocation) -> None:
    """Log that work was cut off after the response.

    Raises:
        ReportedError: There was no response yet.
    """
    if not invocation.is_answered:
        what = f"Task timed out: {cut_off} was cut off {_MARGIN} seconds before the function's time-out"
        raise ReportedError("Sandbox.Timedout", what)
    _logger.error(
        "%s went on after the response and was cut off just before the function's time-out. "
        "Raise the time-out, or hand work that must be done to a queue.",
        cut_off,
    )
