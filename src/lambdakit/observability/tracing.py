"""A part of the trace for each request, and the tracer where there is nothing to trace with."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lambdakit import settings


class NoTracer:
    """Take the calls of a Powertools tracer and do nothing."""

    disabled = True

    def put_annotation(self, key: str, value: str | float | bool) -> None:  # noqa: FBT001 (Powertools' signature)
        """Drop an annotation."""

    def put_metadata(self, key: str, value: Any, namespace: str | None = None) -> None:
        """Drop metadata."""

    def capture_method(self, method: Callable[..., Any] | None = None, **_: Any) -> Any:
        """Return the function as it is."""
        return _same if method is None else method

    def capture_lambda_handler(self, lambda_handler: Callable[..., Any] | None = None, **_: Any) -> Any:
        """Return the handler as it is."""
        return _same if lambda_handler is None else lambda_handler


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def make_tracer(service: str) -> Any:
    """Return Powertools' tracer, or one that does nothing where X-Ray's library is missing or could mix requests up.

    X-Ray's library keeps one current segment for a thread, so it stays off with many requests at a time.
    """
    from importlib.util import find_spec  # noqa: PLC0415 (2 ms that a function without a tracer need not pay)

    if (settings.max_concurrency() or 1) > 1 or find_spec("aws_xray_sdk") is None:
        return NoTracer()
    from aws_lambda_powertools import Tracer  # noqa: PLC0415 (needs the library above)

    tracer = Tracer(service=service)
    return NoTracer() if tracer.disabled else tracer


async def trace(tracer: Any, work: Awaitable[None], describe: Callable[[], Mapping[str, Any]]) -> None:
    """Do the work of a request as a subsegment, with what there is to say of it afterwards as annotations."""
    async with tracer.provider.in_subsegment_async(name="## request"):
        try:
            await work
        finally:
            for name, value in describe().items():
                if value is not None:
                    tracer.put_annotation(name, value)
