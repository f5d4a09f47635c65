"""What came of an invocation, and what a function wrote."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from lambdakit.emulator import Outcome, Record, Report
from lambdakit.errors import UnknownEvent
from lambdakit.events import FORMATS, Response, detect


class Logs(tuple[Record, ...]):
    """Records of a function's log in their order: its own lines, and Lambda's."""

    __slots__ = ()

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Hold these records."""
        return cls(records)

    def during(self, request_id: str) -> "Logs":
        """Return those of one invocation."""
        return Logs.of(record for record in self if record.request_id == request_id)

    @property
    def written(self) -> "Logs":
        """Those that the function itself wrote."""
        return Logs.of(record for record in self if record.origin == "function")

    @property
    def text(self) -> str:
        """The messages, one below the other."""
        return "\n".join(record.message for record in self)


@dataclass(frozen=True)
class Result:
    """What one invocation came to.

    `value` is what the function returned, or its error as AWS words it where `failed` is true. `logs` are the
    invocation's own. `event` is what it was invoked with.
    """

    event: Any
    outcome: Outcome
    logs: Logs

    @property
    def value(self) -> Any:
        """What the payload says in JSON, or the bytes of a result that was streamed."""
        payload = self.outcome.payload
        return payload if self.outcome.is_streamed else json.loads(payload)

    @property
    def response(self) -> Response:
        """What the client gets by the service that sent the event: status, headers and body.

        Raises:
            MalformedResult: The service cannot make a response of it.
            UnknownEvent: The event is that of no HTTP request.
        """
        source = detect(self.event)
        if source not in FORMATS:
            raise UnknownEvent(f"{source} sends no HTTP requests", where="result.response", fix="use result.value")
        if self.outcome.is_streamed:
            return FORMATS[source].decode_stream(self.outcome.payload)
        return FORMATS[source].decode_response(self.value)

    @property
    def failed(self) -> bool:
        """Whether the caller gets an error."""
        return self.outcome.failed

    @property
    def error_type(self) -> str | None:
        """The type of the error, such as `ValueError` or `Sandbox.Timedout`; None where there is none."""
        return self.outcome.error_type

    @property
    def report(self) -> Report:
        """What it took: durations in milliseconds, memory in MB."""
        return self.outcome.report

    @property
    def request_id(self) -> str:
        """The invocation's id."""
        return self.outcome.report.request_id

    @property
    def is_cold(self) -> bool:
        """Whether an environment was started for it."""
        return self.outcome.report.is_cold
