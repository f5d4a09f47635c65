"""What a function writes while tests run, in one thread, and wait for, in another."""

from threading import Condition

from lambdakit.emulator import Record
from lambdakit.testing.result import Logs


class LogBook:
    """Keeps the records of a function's environments, in the order in which they come."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._records: list[Record] = []
        self._changed = Condition()

    def keep(self, record: Record) -> None:
        """Keep a record."""
        with self._changed:
            self._records.append(record)
            self._changed.notify_all()

    def note(self, message: str) -> None:
        """Keep what a developer has to know, such as why a result is no response."""
        name = self._function
        self.keep(Record(function=name, stream="", request_id=None, level="WARN", origin="platform", message=message))

    def read(self, since: int = 0) -> Logs:
        """Return all records so far, but for so many of the first ones."""
        with self._changed:
            return Logs.of(self._records[since:])

    def wait_for(self, text: str, seconds: float) -> None:
        """Wait until a record holds a text.

        Raises:
            TimeoutError: None does after so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: any(text in each.message for each in self._records), seconds):
                raise TimeoutError(f"function {self._function} has not logged {text!r} within {seconds:g} seconds")
