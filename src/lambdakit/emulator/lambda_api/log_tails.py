import base64
from collections import OrderedDict

from lambdakit.emulator.logs.journal import Record

_TAIL = 4096
_MOST = 2048


class LogTails:
    """Keeps the last 4 KB of the log of each invocation, as `LogType=Tail` asks for.

    `record` belongs into the `keep` of a `LocalFunction`. Of invocations that nobody asks about the latest 2,048 are
    kept.
    """

    def __init__(self) -> None:
        self._tails: OrderedDict[str, bytes] = OrderedDict()

    def record(self, record: Record) -> None:
        """Take a record of any function."""
        if record.request_id is None:
            return
        before = self._tails.get(record.request_id, b"")
        self._tails[record.request_id] = (before + record.message.encode() + b"\n")[-_TAIL:]
        if len(self._tails) > _MOST:
            self._tails.popitem(last=False)

    def take(self, request_id: str) -> str:
        """Return the tail of an invocation's log as base64, and forget it."""
        return base64.b64encode(self._tails.pop(request_id, b"")).decode("ascii")
