import asyncio
import fcntl
import os
import sys
import termios
from collections.abc import Callable, Iterable
from typing import Self

from lambdakit.emulator.logs.lines import RecordReader

_CHUNK = 65_536


class Output:
    """The pipe through which everything a function writes reaches the log.

    Standard output, standard error and framed records share one pipe: two pipes could not tell which of a `print` and
    a log call came first. `descriptor` is the end to give to the process.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._records = RecordReader()
        self._source, self.descriptor = os.pipe()
        os.set_blocking(self._source, False)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._source, self._read, _CHUNK)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._source)
        os.close(self._source)
        self.release()

    def release(self) -> None:
        """Close our copy of the end that the process writes to."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def drain(self) -> None:
        """Log all that has been written until now, an unfinished line too; what is written meanwhile waits."""
        waiting = int.from_bytes(fcntl.ioctl(self._source, termios.FIONREAD, bytes(4)), sys.byteorder)
        while waiting > 0:
            waiting -= self._read(waiting) or waiting
        self._write(self._records.flush())

    def finish(self) -> None:
        """Log all that is left of a process that has ended."""
        self.drain()
        self._write(self._records.finish())

    def _read(self, limit: int) -> int:
        try:
            data = os.read(self._source, limit)
        except BlockingIOError:
            return 0
        if not data:
            # Every writer is gone; the event loop would report the end of the pipe for ever.
            asyncio.get_running_loop().remove_reader(self._source)
        self._write(self._records.feed(data))
        return len(data)

    def _write(self, records: Iterable[str]) -> None:
        for record in records:
            self._log(record)
