import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lambdakit.emulator.outcome import Report

_HEAD_LENGTH = 16
# The type of a frame tells text from JSON and the level.
_TYPES = rb"[\x02\x03\x0a\x0b\x0e\x0f\x12\x13\x16\x17\x1a\x1b]"
_HEAD = re.compile(rb"\xa5\x5a\x00" + _TYPES + rb"(.{4}).{8}", re.DOTALL)
_BEGUN_HEAD = re.compile(rb"\xa5(?:\x5a(?:\x00(?:" + _TYPES + rb".{0,11})?)?)?\Z", re.DOTALL)
_LONGEST_LINE = 262_144


class RecordReader:
    """Splits what a function writes into log records.

    Plain output is one record a line. A framed record, as awslambdaric writes for the `logging` module, is one
    record whatever newlines it holds: type (4 bytes), length (4), microseconds since the epoch (8), text, big endian.
    """

    def __init__(self) -> None:
        self._unread = bytearray()
        self._line = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """Take bytes in whatever pieces they come and yield the records that are complete."""
        self._unread += data
        while head := _HEAD.search(self._unread):
            end = _HEAD_LENGTH + int.from_bytes(head[1], "big")
            yield from self._read_text(head.start())
            if len(self._unread) < end:
                return
            yield _decode(self._unread[_HEAD_LENGTH:end])
            del self._unread[:end]
        begun = _BEGUN_HEAD.search(self._unread, max(len(self._unread) - _HEAD_LENGTH, 0))
        yield from self._read_text(begun.start() if begun else len(self._unread))

    def _read_text(self, end: int) -> Iterator[str]:
        self._line += self._unread[:end]
        del self._unread[:end]
        *lines, self._line = self._line.split(b"\n")
        yield from map(_decode, lines)
        if len(self._line) > _LONGEST_LINE:
            yield from self.flush()

    def flush(self) -> Iterator[str]:
        """Yield the line that has no end yet."""
        line, self._line = self._line, bytearray()
        if line:
            yield _decode(line)

    def finish(self) -> Iterator[str]:
        """Yield all that is left when nothing more can come, half a framed record included."""
        self._line += self._unread
        self._unread.clear()
        yield from self.flush()


def _decode(record: bytes | bytearray) -> str:
    return record.decode(errors="replace").removesuffix("\n")


def init_start_line(python_version: str, region: str) -> str:
    """Say that an environment starts; the version names no AWS release because none runs."""
    arn = f"arn:aws:lambda:{region}::runtime:local"
    return f"INIT_START Runtime Version: python:{python_version}.local\tRuntime Version ARN: {arn}"


def init_report_line(milliseconds: float, status: str, error_type: str, *, phase: str = "init") -> str:
    """Say that init failed or took too long; Lambda writes nothing for a good one.

    `phase` is "invoke" for an init inside an invocation.
    """
    suffix = "" if status == "timeout" else f"\tError Type: {error_type}"
    return f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: {phase}\tStatus: {status}{suffix}"


def restore_start_line(python_version: str, region: str) -> str:
    """Say that an environment is restored from a snapshot."""
    return init_start_line(python_version, region).replace("INIT", "RESTORE", 1)


def restore_report_line(milliseconds: float, status: str, error_type: str) -> str:
    """Say how long the restore took, and its status unless that is success."""
    suffix = {"error": f"\tStatus: error\tError Type: {error_type}", "timeout": "\tStatus: timeout"}.get(status, "")
    return f"RESTORE_REPORT Restore Duration: {milliseconds:.2f} ms{suffix}"


def start_line(request_id: str) -> str:
    """Say that an invocation starts."""
    return f"START RequestId: {request_id} Version: $LATEST"


def time_out_line(request_id: str, seconds: float) -> str:
    """Say that the function ran into its time limit."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return f"{now}Z {request_id} Task timed out after {seconds:.2f} seconds"


def end_line(request_id: str) -> str:
    """Say that an invocation is over."""
    return f"END RequestId: {request_id}"


def report_line(report: Report) -> str:
    """Sum an invocation up.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    fields = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {report.billed_duration_ms} ms",
        f"Memory Size: {report.memory_size_mb} MB",
        f"Max Memory Used: {report.max_memory_used_mb} MB",
    ]
    if report.init_duration_ms is not None:
        fields.append(f"Init Duration: {report.init_duration_ms:.2f} ms")
    if report.restore_duration_ms is not None:
        fields.append(f"Restore Duration: {report.restore_duration_ms:.2f} ms")
        fields.append(f"Billed Restore Duration: {report.billed_restore_duration_ms} ms")
    return "\t".join([*fields, _status(report)])


def _status(report: Report) -> str:
    if report.status == "error":
        return f"Status: error\tError Type: {report.error_type}"
    return "Status: timeout" if report.status == "timeout" else ""
