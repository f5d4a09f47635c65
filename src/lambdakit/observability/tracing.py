"""The tracer where there is nothing to trace with."""

from collections.abc import Callable
from typing import Any, TypeVar

from lambdakit import settings

_Function = TypeVar("_Function", bound=Callable[..., Any])


class NoTracer:
    """Take the calls of a Powertools tracer and do nothing."""

    def put_annotation(self, key: str, value: str | float | bool) -> None:  # noqa: FBT001 (Powertools' signature)
        """Drop an annotation."""

    def put_metadata(self, key: str, value: Any, namespace: str | None = None) -> None:
        """Drop metadata."""

    def capture_method(self, method: _Function | None = None, **_: Any) -> Any:
        """Return the function as it is."""
        return _same if method is None else method

    def capture_lambda_handler(self, lambda_handler: _Function | None = None, **_: Any) -> Any:
        """Return the handler as it is."""
        return _same if lambda_handler is None else lambda_handler


def _same(function: _Function) -> _Function:
    return function


def make_tracer(service: str) -> Any:
    """Return Powertools' tracer, or one that does nothing where X-Ray's library is missing or could mix requests up.

    X-Ray's library keeps one current segment for the process, so it stays off with many requests at a time.
    """
    if settings.takes_many_requests():
        return NoTracer()
    try:
        import aws_xray_sdk  # noqa: F401, PLC0415 (an extra, and slow to import)
        from aws_lambda_powertools import Tracer  # noqa: PLC0415 (needs the library above)
    except ImportError:
        return NoTracer()
    return Tracer(service=service)
