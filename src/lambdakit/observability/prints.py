"""What is printed under AWS's runtime client, which writes it to the log as it is: it loses its secrets.

In the JSON log format a `print` becomes a line like all others, as it does under our runtime.
"""

import io
import logging
import sys
from threading import get_ident
from typing import Any

from lambdakit import settings
from lambdakit.observability.redaction import METRICS, Redactor, SafeLine, read_object

_LONGEST = 131_072
"""Characters after which a text is passed on although its line has no end yet."""
_CALLER = 4
"""How far up the stack the place is that prints."""
_logger = logging.getLogger("lambdakit.print")


class PrintedLines(io.TextIOBase):
    """A text stream that gathers writes up to one that ends a line, and passes them on without secrets."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, original: Any, redactor: Redactor, *, is_json: bool) -> None:
        """Take the stream in whose place this one is, and whether the log's format is JSON."""
        self._original = original
        self._redactor = redactor
        self._is_json = is_json
        self._pending: dict[int, str] = {}
        self._busy: set[int] = set()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the stream in whose place this one is, for child processes."""
        return self._original.fileno()

    @property
    def buffer(self) -> Any:
        """The stream for bytes in whose place this one is; what goes there goes out as it is."""
        return self._original.buffer

    def write(self, text: str, /) -> int:
        """Take a piece of text; one that ends a line completes it."""
        pending = self._pending.pop(get_ident(), "")
        if isinstance(text, SafeLine):
            self._original.write(pending + text)
        elif self._may_be_a_line(pending):
            self._pass_on(pending)
            self._take("" if text == "\n" else text, may_be_a_line=True)
        else:
            self._take(pending + text, may_be_a_line=not pending)
        return len(text)

    def _take(self, text: str, *, may_be_a_line: bool) -> None:
        has_ended = text.endswith("\n") or len(text) > _LONGEST
        if not has_ended or (may_be_a_line and self._may_be_a_line(text)):
            self._pending[get_ident()] = text
        else:
            self._pass_on(text)

    def _may_be_a_line(self, text: str) -> bool:
        """Say whether a text may be a whole JSON line: a logger flushes right after it, `print` ends it once more."""
        return self._is_json and text.endswith("\n") and read_object(text) is not None

    def flush(self) -> None:
        """Pass on what is a line; what has no end yet waits for it."""
        pending = self._pending.get(get_ident(), "")
        if self._may_be_a_line(pending):
            self._original.write(self._redact(self._pending.pop(get_ident())))
        self._original.flush()

    def close(self) -> None:
        """Do nothing: the stream below is not ours."""

    def _pass_on(self, text: str) -> None:
        if not self._is_json or METRICS in (read_object(text) or ()) or get_ident() in self._busy:
            self._original.write(self._redact(text))
            return
        self._busy.add(get_ident())
        try:
            _logger.info("%s", text.removesuffix("\n"), stacklevel=_CALLER)
        finally:
            self._busy.discard(get_ident())

    def _redact(self, text: str) -> str:
        body = text.removesuffix("\n")
        return self._redactor.redact_record(body) + text[len(body) :]


def take_prints(redactor: Redactor) -> None:
    """Put such streams in place of standard output and error."""
    # What is printed has no level of its own that could be too low.
    _logger.setLevel(logging.INFO)
    is_json = settings.logs_json()
    if not isinstance(sys.stdout, PrintedLines):
        sys.stdout = PrintedLines(sys.stdout, redactor, is_json=is_json)
        sys.stderr = PrintedLines(sys.stderr, redactor, is_json=is_json)
