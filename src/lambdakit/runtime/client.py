"""What is said to the Runtime API and how often, apart from how the bytes travel.

Each call is a generator that yields what it needs done, so that one set of rules serves a blocking socket and an event
loop. Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import time
from collections.abc import Generator
from typing import NamedTuple, TypeVar

from lambdakit.errors import RuntimeApiFault
from lambdakit.runtime.wire import Request, Response

Result = TypeVar("Result")

_ROOT = "/2018-06-01/runtime"
_PAUSES = (0.1, 0.2, 0.4, 0.8)
"""Seconds between the tries of a call: five tries in a second and a half."""
_LONG_WAIT = 1.0
"""Seconds after which a request that was waiting for an event counts as a new one: a freeze ends connections."""
_OVERTIME = 0.5
"""Seconds beyond the deadline in which an outcome may still be on its way."""
_INIT_SECONDS = 5.0
_TOO_MANY_REQUESTS, _SERVER_ERROR, _TOO_LARGE = 429, 500, 413

ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
"""The header or trailer that names the type of an error."""


class Exchange(NamedTuple):
    """A request to send, once, and the seconds that its answer may take; what comes of it is an Attempt."""

    request: Request
    seconds: float | None


class Attempt(NamedTuple):
    """What came of sending a request: its response, or None when the connection broke off first."""

    response: Response | None
    is_stale: bool = False
    """Whether the connection had been open before and ended without a byte of a response."""


class Pause(NamedTuple):
    """Time to wait before the next step."""

    seconds: float


Steps = Generator[Exchange | Pause, Attempt, Result]
"""What has to be done one after the other, and what comes of it; what is sent back after a pause is not looked at."""


class Event(NamedTuple):
    """An event as the Runtime API hands it out; header names are in lower case."""

    request_id: str
    payload: bytes
    headers: dict[str, str]

    @property
    def deadline(self) -> float:
        """When Lambda ends the invocation, in seconds since the epoch; in a quarter of an hour if it does not say."""
        milliseconds = self.headers.get("lambda-runtime-deadline-ms", "")
        return int(milliseconds) / 1000 if milliseconds.isdecimal() else time.time() + 900


class Outcome(NamedTuple):
    """What is reported for an event; with an `error_type` it is an error."""

    body: bytes
    content_type: str = "application/json"
    error_type: str | None = None
    xray_cause: str = ""


def exchange(request: Request, seconds: float | None) -> Steps[Response | None]:
    """Send a request and return its response, or None when the connection broke off first."""
    attempt = yield Exchange(request, seconds)
    if not attempt.is_stale:
        return attempt.response
    # It was closed while nobody looked, as after a freeze.
    response = (yield Exchange(request, seconds)).response
    return response._replace(is_repeated=True) if response else None


def ask_next() -> Steps[Event]:
    """Wait for the next event.

    Raises:
        RuntimeApiFault: Five tries gave none.
    """
    tries = 0
    while True:
        began = time.monotonic()
        response = yield from exchange(Request("GET", f"{_ROOT}/invocation/next"), None)
        if response is not None and (event := _read_event(response)):
            return event
        tries = 1 if time.monotonic() - began > _LONG_WAIT else tries + 1
        if tries > len(_PAUSES):
            raise RuntimeApiFault(
                f"no event after {tries} tries: {_describe(response)}", where="/runtime/invocation/next"
            )
        yield Pause(_PAUSES[tries - 1])


def _read_event(response: Response) -> Event | None:
    request_id = response.headers.get("lambda-runtime-aws-request-id")
    return Event(request_id, response.body, response.headers) if response.status == 200 and request_id else None  # noqa: PLR2004 (OK)


def post_outcome(event: Event, outcome: Outcome) -> Steps[str | None]:
    """Post what came of an event, and when it is refused an error that says so.

    Returns:
        None, or why nothing but an error could be delivered, or nothing at all.
    """
    if outcome.error_type is not None:
        return (yield from _post(event, "error", outcome))
    refusal = yield from _post(event, "response", outcome)
    if refusal is None:
        return None
    is_too_large = refusal.startswith(str(_TOO_LARGE))
    error_type = "Function.ResponseSizeTooLarge" if is_too_large else "Runtime.ResponseRejected"
    what = f"the Runtime API did not take the response of {len(outcome.body):,} bytes: {refusal}"
    # Lambda may have made that error of a response that is too large, as its own emulator does.
    error = make_error(error_type, what, event.request_id)
    lost = yield from _post(event, "error", error, may_be_answered=is_too_large)
    return f"{what}; the error that says so was not taken either: {lost}" if lost else what


def make_error(error_type: str, message: str, request_id: str, trace: list[str] | None = None) -> Outcome:
    """Return an error in the form that callers of a Python function know."""
    import json  # noqa: PLC0415 (a good start needs none)

    body = {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace or []}
    return Outcome(json.dumps(body).encode(), error_type=error_type)


def _post(event: Event, kind: str, outcome: Outcome, *, may_be_answered: bool = False) -> Steps[str | None]:
    request = Request("POST", f"{_ROOT}/invocation/{event.request_id}/{kind}", _headers(event, outcome), outcome.body)
    response = None
    for pause in (*_PAUSES[:3], None):
        seconds = max(event.deadline + _OVERTIME - time.time(), 0.2)
        response = yield from exchange(request, seconds)
        may_be_answered = may_be_answered or response is None or response.is_repeated
        if response is not None and _is_final(response):
            break
        if pause is None or event.deadline + _OVERTIME < time.time():
            break
        yield Pause(pause)
    if response is not None and (_is_success(response) or (may_be_answered and _says_answered(response))):
        return None
    return _describe(response)


def _headers(event: Event, outcome: Outcome) -> dict[str, str]:
    headers = {"Content-Type": outcome.content_type, **echo(event)}
    if outcome.error_type is not None:
        headers[ERROR_TYPE] = outcome.error_type
    if outcome.xray_cause:
        headers["Lambda-Runtime-Function-XRay-Error-Cause"] = outcome.xray_cause
    return headers


def echo(event: Event) -> dict[str, str]:
    """Return the header by which Lambda tells the attempts at one event apart."""
    invocation_id = event.headers.get("lambda-runtime-invocation-id")
    return {"Lambda-Runtime-Invocation-Id": invocation_id} if invocation_id else {}


def _is_success(response: Response) -> bool:
    return 200 <= response.status < 300  # noqa: PLR2004 (the range of success)


def _is_final(response: Response) -> bool:
    return response.status < _SERVER_ERROR and response.status != _TOO_MANY_REQUESTS


def _says_answered(response: Response) -> bool:
    """Say whether an earlier try has arrived after all: each event takes one outcome."""
    return response.status in {400, 403} and (
        b"InvalidRequestID" in response.body or b"InvalidStateTransition" in response.body
    )


def _describe(response: Response | None) -> str:
    if response is None:
        return "the connection broke off"
    return f"{response.status} {response.body[:200].decode(errors='replace')}".strip()


def post_init_error(outcome: Outcome) -> Steps[None]:
    """Report that init failed; nobody can be told when that is refused."""
    yield from _report(f"{_ROOT}/init/error", outcome)


def post_restore_error(outcome: Outcome) -> Steps[None]:
    """Report that a hook after a restore failed."""
    yield from _report(f"{_ROOT}/restore/error", outcome)


def _report(path: str, outcome: Outcome) -> Steps[None]:
    headers = {"Content-Type": outcome.content_type, ERROR_TYPE: outcome.error_type or "Runtime.Unknown"}
    for pause in (*_PAUSES[:2], None):
        response = yield from exchange(Request("POST", path, headers, outcome.body), _INIT_SECONDS)
        if response is not None and _is_final(response):
            return
        if pause is not None:
            yield Pause(pause)


def wait_for_restore() -> Steps[None]:
    """Wait through the snapshot until the environment is restored from it.

    Raises:
        RuntimeApiFault: The Runtime API refuses.
    """
    for pause in (*_PAUSES, None):
        response = yield from exchange(Request("GET", f"{_ROOT}/restore/next"), None)
        if response is not None and _is_success(response):
            return
        if pause is None or (response is not None and _is_final(response)):
            raise RuntimeApiFault(f"no restore: {_describe(response)}", where="/runtime/restore/next")
        yield Pause(pause)
