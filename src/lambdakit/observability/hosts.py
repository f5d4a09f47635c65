"""What the host of this process is, and what it logs by itself."""

import logging
import sys

from lambdakit import settings

_SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


def take_server_loggers() -> None:
    """Send what uvicorn logs through the root logger, and stop its access lines, which show query strings."""
    for name in _SERVER_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def loads_in_init() -> bool:
    """Say whether Powertools is loaded at once: everywhere but where our runtime's first caller would wait for it."""
    return not (_is_our_runtime() and settings.is_on_demand())


def is_awslambdaric() -> bool:
    """Say whether AWS's runtime client runs this process."""
    return "awslambdaric" in sys.modules


def _is_our_runtime() -> bool:
    specification = getattr(sys.modules.get("__main__"), "__spec__", None)
    name = getattr(specification, "name", "") or ""
    return name.startswith("lambdakit.runtime") and not is_awslambdaric()
