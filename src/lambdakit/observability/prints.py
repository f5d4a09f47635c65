"""What is printed in a Lambda function: each `print` becomes a line like all others."""

import logging
import sys
from contextvars import Context, copy_context
from threading import get_ident
from types import FrameType
from typing import Any, NamedTuple

from lambdakit.observability.current import Current
from lambdakit.observability.redaction import Redactor, SafeLine, is_metrics, read_object
from lambdakit.observability.streams import StandIn, Writer, current_writer

_LONGEST = 131_072
"""Characters after which a text is passed on although its line has no end yet."""
_CALLER = 4
"""How far up the stack the place is that prints."""
_CLIENT = "awslambdaric.bootstrap"
_LOGGERS = frozenset({"logging", "loguru", "structlog"})
_logger = logging.getLogger("lambdakit.print")


class _Begun(NamedTuple):
    text: str
    context: Context


class PrintedLines(StandIn):
    """A text stream that gathers writes up to one that ends a line, and logs them.

    Lines that a logger with a handler of its own has made, and documents of metrics, go on without their secrets.
    """

    def __init__(self, original: Any, redactor: Redactor) -> None:
        """Take the stream in whose place this one is."""
        super().__init__(original, getattr(original, "name", ""))
        self._redactor = redactor
        self._begun: dict[Writer, _Begun] = {}
        self._busy: set[int] = set()

    def write(self, text: str, /) -> int:
        """Take a piece of text; one that ends a line completes it."""
        begun = self._begun.pop(current_writer(), None)
        if isinstance(text, SafeLine):
            self._original.write(text)
        elif begun is None and _is_of_a_logger(sys._getframe(1), text):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (`inspect` takes 14 ms to import)
            self._pass_through(text)
        else:
            self._take(begun.text + text if begun else text)
        return len(text)

    def _take(self, text: str) -> None:
        if text.endswith("\n") or len(text) > _LONGEST:
            self._pass_on(text)
        else:
            self._begun[current_writer()] = _Begun(text, copy_context())

    def flush(self) -> None:
        """Flush the stream below; what has no end yet waits for it."""
        self._original.flush()

    def finish(self, invocation: Current | None = None) -> None:
        """Log what an invocation, without one any, has begun and not ended."""
        for writer in list(self._begun):
            if invocation is None or writer.invocation == invocation:
                text, context = self._begun.pop(writer)
                context.run(self._pass_on, text)

    def close(self) -> None:
        """Do nothing: the stream below is not ours."""

    def _pass_on(self, text: str) -> None:
        if text in {"", "\n"}:
            return
        if is_metrics(read_object(text)) or get_ident() in self._busy:
            self._pass_through(text)
            return
        self._busy.add(get_ident())
        try:
            _logger.info("%s", text.removesuffix("\n"), stacklevel=_CALLER)
        finally:
            self._busy.discard(get_ident())

    def _pass_through(self, text: str) -> None:
        body = text.removesuffix("\n")
        self._original.write(self._redactor.redact_record(body) + text[len(body) :])
        self._original.flush()


def _is_of_a_logger(caller: FrameType, text: str) -> bool:
    """Say whether a text is a line that a library for logging has made, by who writes it.

    The text alone cannot tell: it may be what somebody sent and the function prints.
    """
    name = str(caller.f_globals.get("__name__", ""))
    return name == _CLIENT or (name.partition(".")[0] in _LOGGERS and read_object(text) is not None)


def take_prints(redactor: Redactor) -> None:
    """Put such streams in place of standard output and error."""
    # What is printed has no level of its own that could be too low.
    _logger.setLevel(logging.INFO)
    if not isinstance(sys.stdout, PrintedLines):
        sys.stdout = PrintedLines(sys.stdout, redactor)
        sys.stderr = PrintedLines(sys.stderr, redactor)
