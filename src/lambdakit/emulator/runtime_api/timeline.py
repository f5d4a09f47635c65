import time
from datetime import UTC, datetime


class Timeline:
    """The moments of one invocation, from the one at which this is made on."""

    def __init__(self) -> None:
        self._epoch = time.time() - time.perf_counter()
        self._began = time.perf_counter()
        self._answer_began: float | None = None
        self._answer_ended: float | None = None

    def begin_answer(self) -> None:
        """Note that the runtime begins to answer; a later try counts."""
        self._answer_began = time.perf_counter()

    def end_answer(self) -> None:
        """Note that the whole answer has come."""
        if self._answer_began is not None:
            self._answer_ended = time.perf_counter()

    def spans(self, milliseconds: float) -> list[dict[str, str | float]]:
        """Return what an invocation of this duration was spent on, as `platform.runtimeDone` says it.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#Span
        """
        if self._answer_began is None or self._answer_ended is None:
            return []
        return [
            self._span("responseLatency", self._began, self._answer_began),
            self._span("responseDuration", self._answer_began, self._answer_ended),
            self._span("runtimeOverhead", self._answer_ended, self._began + milliseconds / 1000),
        ]

    def _span(self, name: str, start: float, end: float) -> dict[str, str | float]:
        moment = datetime.fromtimestamp(self._epoch + start, UTC).isoformat(timespec="milliseconds")
        return {
            "name": name,
            "start": moment.replace("+00:00", "Z"),
            "durationMs": round(max(end - start, 0.0) * 1000, 3),
        }
