"""The metrics of one request, so that requests at a time share neither dimensions nor values."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

of_request: ContextVar[list[Any] | None] = ContextVar("lambdakit_request_metrics", default=None)
"""Where the request of this context keeps its metrics, once it has used any."""


class RequestMetrics:
    """Have the attributes of Powertools' metrics: of the request of this context, or of the process outside of one."""

    def __init__(self, make: Callable[[], Any]) -> None:
        """Take what makes empty metrics."""
        self._make = make
        self._of_process: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        kept = of_request.get()
        return getattr(self._find(self._of_process if kept is None else kept), name)

    def _find(self, kept: list[Any]) -> Any:
        if not kept:
            kept.append(self._make())
        return kept[0]


def flush(kept: list[Any]) -> None:
    """Write the metrics that a request has used, if there are any values, as one line on standard output."""
    while kept:
        metrics = kept.pop()
        try:
            if metrics.metric_set:
                metrics.flush_metrics()
        except Exception:
            # The request has its answer; what cannot be written of its metrics must not fail it.
            logging.getLogger("lambdakit").exception("the metrics of a request cannot be written")
