"""Where the lines go: the handler that the host of the process has put on the root logger, or standard output."""

import logging
import sys

_SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


class _StandardOutput(logging.StreamHandler[object]):
    """Write to whatever standard output is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def take_root(formatter: logging.Formatter, level: str | int) -> None:
    """Make the root logger write lines of this formatter: the host's own handler where it has one."""
    root = logging.getLogger()
    handler = _hosted_handler(root)
    if handler is None:
        handler = _StandardOutput(sys.stdout)
        root.addHandler(handler)
    handler.setFormatter(formatter)
    root.setLevel(level)


def _hosted_handler(root: logging.Logger) -> logging.Handler | None:
    return next((each for each in root.handlers if hasattr(each, "log_sink") or type(each) is _StandardOutput), None)


def take_server_loggers() -> None:
    """Send what uvicorn logs through the root logger, so that its lines have the one shape too."""
    for name in _SERVER_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def silence_server_access() -> None:
    """Stop uvicorn's own access lines, which show query strings and say less."""
    take_server_loggers()
    logging.getLogger("uvicorn.access").disabled = True


def loads_in_init() -> bool:
    """Say whether Powertools is loaded at once: everywhere but under the toolkit's own runtime."""
    specification = getattr(sys.modules.get("__main__"), "__spec__", None)
    name = getattr(specification, "name", "") or ""
    return "awslambdaric" in sys.modules or not name.startswith("lambdakit.runtime")
