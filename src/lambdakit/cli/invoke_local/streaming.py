"""Print a streamed response while it comes."""

import typer

from lambdakit.cli.invoke_local.calls import HttpCall
from lambdakit.cli.invoke_local.output import log_status, print_head, write
from lambdakit.emulator import Answer
from lambdakit.errors import MalformedResult
from lambdakit.events import Response

_BROKEN_PIPE = 141
_PRELUDE_END = bytes(8)


class StreamPrinter:
    """A receiver that prints the body of a streamed response piece by piece; of a buffered one it takes no notice.

    `has_begun` says that the response is known and its body is on its way to standard output. Until then `kept` is
    what has come.
    """

    def __init__(self, call: HttpCall) -> None:
        self.has_begun = False
        self.kept = b""
        self._call = call
        self._is_streamed = False
        self._response = Response(0, [], b"")
        self._size = 0
        self._is_reader_gone = False

    def begin(self, content_type: str, *, is_streamed: bool) -> None:  # noqa: ARG002 (the receiver's protocol)
        """Take what is known before the first byte."""
        self._is_streamed = is_streamed

    async def receive(self, chunk: bytes) -> None:
        """Print the next bytes of the body; what comes before it is kept until it is whole."""
        if not self._is_streamed:
            return
        if self.has_begun:
            self._print(chunk)
            return
        self.kept += chunk
        if _PRELUDE_END in self.kept:
            self._begin_body()

    def end(self, error: Answer | None) -> None:
        """Take the end."""

    def finish(self) -> int:
        """Sum a response up that was printed, and return the exit code."""
        log_status(self._response, self._size)
        return _BROKEN_PIPE if self._is_reader_gone else self._call.judge(self._response)

    def _begin_body(self) -> None:
        try:
            self._response = self._call.event_format.decode_stream(self.kept)
        except MalformedResult:
            # The whole of it is shown at the end, with the reason.
            return
        self.has_begun, self.kept = True, b""
        if self._call.include:
            print_head(self._response)
        self._print(self._response.body)

    def _print(self, chunk: bytes) -> None:
        self._size += len(chunk)
        try:
            write(chunk)
        except typer.Exit as error:
            self._is_reader_gone = True
            raise ConnectionError("nobody reads standard output any more") from error
