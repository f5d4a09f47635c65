"""Structured logs, metrics and traces, the same under every host."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdakit.observability.access_log import AccessLog as AccessLog
    from lambdakit.observability.configured import Observability as Observability
    from lambdakit.observability.configured import setup as setup

__all__ = ["AccessLog", "Observability", "setup"]


def __getattr__(name: str) -> Any:
    # The runtime and the adapter read `observability.current` in every cold start; they must not pay for logging.
    if name == "AccessLog":
        from lambdakit.observability.access_log import AccessLog  # noqa: PLC0415 (keeps logging out of a cold start)

        return AccessLog
    if name in {"Observability", "setup"}:
        from lambdakit.observability import configured  # noqa: PLC0415 (keeps logging out of a cold start)

        return getattr(configured, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
