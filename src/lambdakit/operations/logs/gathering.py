import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Self

from lambdakit.emulator import Record

_MOST = 1000
# Long enough that the records of an invocation come together, short for somebody who follows the log.
_PAUSE = 0.02


class Gatherer:
    """Hands records on in a thread of its own, as many at a time as have come meanwhile.

    Whoever has records does not wait until they are written. Leaving waits until all are.
    """

    def __init__(self, keep_all: Callable[[Sequence[Record]], None]) -> None:
        self._keep_all = keep_all
        self._records: SimpleQueue[Record | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="logs", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._records.put(None)
        self._thread.join()

    def keep(self, record: Record) -> None:
        """Take a record."""
        self._records.put(record)

    def _run(self) -> None:
        while (record := self._records.get()) is not None:
            time.sleep(_PAUSE)
            records, is_over = self._gather(record)
            self._keep_all(records)
            if is_over:
                return

    def _gather(self, first: Record) -> tuple[list[Record], bool]:
        records = [first]
        while len(records) < _MOST:
            try:
                record = self._records.get_nowait()
            except Empty:
                break
            if record is None:
                return records, True
            records.append(record)
        return records, False
