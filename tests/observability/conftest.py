import logging
from collections.abc import Callable, Iterator

import pytest

from lambdakit.observability import configured

_NAMES = (None, "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
_VARIABLES = (
    *("AWS_LAMBDA_LOG_LEVEL", "POWERTOOLS_LOG_LEVEL", "LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"),
    *("AWS_LAMBDA_FUNCTION_NAME", "LAMBDAKIT_LOG_SAMPLING", "POWERTOOLS_LOGGER_SAMPLE_RATE", "_X_AMZN_TRACE_ID"),
)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `setup` begin anew, and put the loggers back as they were."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(configured, "_configured", [])
    restore = [_remember(logging.getLogger(name)) for name in _NAMES]
    yield
    for each in restore:
        each()


def _remember(logger: logging.Logger) -> Callable[[], None]:
    handlers, level, propagate, disabled = [*logger.handlers], logger.level, logger.propagate, logger.disabled

    def restore() -> None:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate, logger.disabled = propagate, disabled

    return restore
