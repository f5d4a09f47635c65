"""Standard output and error as log records: one `print` is one record, whatever newlines it holds."""

import json
import sys
from typing import Any

from lambdakit.observability.current import Current
from lambdakit.observability.streams import StandIn, Writer, current_writer
from lambdakit.runtime.logs.formats import write_time
from lambdakit.runtime.logs.sink import JSON, TEXT, Sink, frame_type_of

_LONGEST = 262_144
"""Characters after which a record is written although it has no end yet; Lambda cuts what is longer."""


class RecordStream(StandIn):
    """A text stream that gathers writes up to one that ends a line and passes them on as one record."""

    def __init__(self, sink: Sink, *, is_json: bool, name: str, original: Any) -> None:
        super().__init__(original, name)
        self._sink = sink
        self._is_json = is_json
        self._pending: dict[Writer, str] = {}

    def write(self, text: str, /) -> int:
        """Take a piece of text; one that ends a line completes a record."""
        writer, size = current_writer(), len(text)
        pending = self._pending.pop(writer, "")
        if pending.endswith("\n"):
            self._emit(pending.removesuffix("\n"), writer.invocation, is_one_write=False)
            pending, text = "", text if text != "\n" else ""
        whole = pending + text
        has_ended = text.endswith("\n") or len(whole) >= _LONGEST
        if not has_ended or (self._is_json and not pending and text.startswith("{")):
            self._pending[writer] = whole
        else:
            self._emit(whole.removesuffix("\n"), writer.invocation, is_one_write=not pending)
        return size

    def flush(self) -> None:
        """Pass on a record that somebody made, and the bytes that went to `buffer`; what has no end waits for it."""
        writer = current_writer()
        if self._pending.get(writer, "").endswith("\n"):
            self._emit(self._pending.pop(writer).removesuffix("\n"), writer.invocation, is_one_write=True)
        self._original.flush()

    def finish(self, invocation: Current | None = None) -> None:
        """Pass on what an invocation, without one any, has begun and not ended."""
        for writer in list(self._pending):
            if invocation is None or writer.invocation == invocation:
                self._emit(self._pending.pop(writer, ""), writer.invocation, is_one_write=False)
        self.flush()

    def _emit(self, text: str, invocation: Current | None, *, is_one_write: bool) -> None:
        if not text:
            return
        if not self._is_json:
            self._sink.log(text, frame_type_of(TEXT))
        elif _is_record(text, is_one_write=is_one_write):
            self._sink.log(text, frame_type_of(JSON))
        else:
            self._sink.log(_wrap(text, invocation), frame_type_of(JSON))


def _is_record(text: str, *, is_one_write: bool) -> bool:
    """Say whether a text is a JSON record that somebody made, and no input that was printed.

    Loggers write a record and its newline at once and flush, `print` ends what it writes once more; documents of
    metrics are printed.
    """
    if not text.startswith("{") or "\n" in text:
        return False
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return is_one_write or (isinstance(document.get("_aws"), dict) and "CloudWatchMetrics" in document["_aws"])


def _wrap(text: str, invocation: Current | None) -> str:
    record = {"timestamp": write_time(), "level": "INFO", "message": text}
    if invocation is not None:
        record["requestId"] = invocation.request_id
        if invocation.tenant_id:
            record["tenantId"] = invocation.tenant_id
    return json.dumps(record, ensure_ascii=False)


def replace_streams(sink: Sink, *, is_json: bool) -> tuple[RecordStream, RecordStream]:
    """Put record streams in place of standard output and error, and return them."""
    streams = (
        RecordStream(sink, is_json=is_json, name="<stdout>", original=sys.__stdout__),
        RecordStream(sink, is_json=is_json, name="<stderr>", original=sys.__stderr__),
    )
    sys.stdout, sys.stderr = streams
    return streams
