"""What is sent to the function, and what becomes of its result: an HTTP exchange or a plain event."""

import json
from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol

from lambdakit.cli.invoke_local.output import log, log_status, print_json, print_response
from lambdakit.errors import MalformedResult, OptionError
from lambdakit.events import EventFormat, Gateway, Request, Response

_FIRST_ERROR_STATUS = 400


class Call(Protocol):
    """One payload for a function."""

    @property
    def payload(self) -> bytes:
        """The event, as JSON."""
        ...

    def print_result(self, result: bytes, *, is_streamed: bool) -> int:
        """Print the function's result, given as JSON or as a stream, and return the exit code."""
        ...


@dataclass(frozen=True)
class HttpCall:
    """An HTTP request in a service's format, which knows of itself what `gateway` says; the rest are options."""

    request: Request
    event_format: EventFormat
    _: KW_ONLY
    gateway: Gateway = field(default_factory=Gateway)
    include: bool = False
    raw: bool = False
    fail: bool = False

    def __post_init__(self) -> None:
        if self.include and self.raw:
            raise OptionError("only one can be printed", where="--include and --raw", fix="leave one of them out")

    @property
    def payload(self) -> bytes:
        """The event that the service sends for the request, indented for people who keep it."""
        return json.dumps(
            self.event_format.encode_request(self.request, self.gateway), ensure_ascii=False, indent=2
        ).encode()

    def print_result(self, result: bytes, *, is_streamed: bool) -> int:
        """Print what the client gets; a result that the service answers with 502 goes to standard error."""
        try:
            if is_streamed:
                response = self.event_format.decode_stream(result)
            else:
                response = self.event_format.decode_response(json.loads(result), self.gateway)
        except MalformedResult as error:
            log(result.decode(errors="replace"))
            log(f"toolkit: {error}")
            return 1
        print_json(result) if self.raw else print_response(response, include=self.include)
        log_status(response)
        return self.judge(response)

    def judge(self, response: Response) -> int:
        """Return the exit code for a response."""
        return int(self.fail and response.status >= _FIRST_ERROR_STATUS)


@dataclass(frozen=True)
class EventCall:
    """Any event, sent as it is."""

    payload: bytes

    def print_result(self, result: bytes, *, is_streamed: bool) -> int:  # noqa: ARG002 (streams are HTTP)
        """Print the result."""
        print_json(result)
        return 0
