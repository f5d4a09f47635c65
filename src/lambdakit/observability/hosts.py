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
    # Asked without an import: the runtime is above this package, and knows whether it runs this process.
    hosting = sys.modules.get("lambdakit.runtime.hosting")
    return not (hosting is not None and hosting.is_hosting() and settings.is_on_demand())
