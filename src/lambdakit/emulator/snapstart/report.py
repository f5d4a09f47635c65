import json
import os
from typing import Any, Self, cast


class Report:
    """The pipe on which a restored process says when it went on, and what it found when its hooks had run."""

    def __init__(self) -> None:
        self._source, self.descriptor = os.pipe()
        os.set_blocking(self._source, False)
        self._text = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._source)
        self.release()

    def release(self) -> None:
        """Close our copy of the end that the process writes to."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def read(self) -> dict[str, Any]:
        """Return all that has been said until now."""
        while chunk := self._read():
            self._text += chunk
        said: dict[str, Any] = {}
        for line in self._text.splitlines():
            said |= cast("dict[str, Any]", json.loads(line))
        return said

    def _read(self) -> bytes:
        try:
            return os.read(self._source, 65_536)
        except BlockingIOError:
            return b""
