"""The answers that the adapter gives in place of the app, as problem details (RFC 9457)."""

import json
from http import HTTPStatus

from lambdakit.events import Response


def response_too_large(limit: int) -> Response:
    """Return the answer for a response that is larger than the function's caller accepts, in bytes of JSON."""
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"The response is larger than the {limit:,} bytes that this way of calling the function can carry. "
        "Send less, or let the client fetch it from object storage.",
    )


def deadline_passed() -> Response:
    """Return the answer for an app that was still at work when the function's time was almost up."""
    return _problem(
        HTTPStatus.GATEWAY_TIMEOUT,
        "The app did not answer before the function's time-out. Raise the time-out, or hand the work to a queue.",
    )


def _problem(status: HTTPStatus, detail: str) -> Response:
    problem = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return Response(int(status), [(b"content-type", b"application/problem+json")], json.dumps(problem).encode())
