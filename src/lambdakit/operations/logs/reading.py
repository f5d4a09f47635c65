import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from lambdakit.emulator import Record

LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""The levels, the least important first."""

_FIELDS = frozenset(Record.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which records are wanted: of this function, of this invocation, of this level or above, not before `since`."""

    function: str | None = None
    request_id: str | None = None
    level: str = LEVELS[0]
    since: datetime | None = None

    def holds(self, record: Record) -> bool:
        """Say whether a record is one of them; the beginning of a request id is enough."""
        if self.function not in {None, record.function}:
            return False
        if self.request_id is not None and not (record.request_id or "").startswith(self.request_id):
            return False
        if LEVELS.index(record.level) < LEVELS.index(self.level):
            return False
        return self.since is None or datetime.fromisoformat(record.time) >= self.since


class LogReader:
    """Reads the records of a folder that come between one look and the next, whatever is rotated meanwhile."""

    def __init__(self, folder: Path, selection: Selection) -> None:
        self._folder = folder
        self._selection = selection
        self._read: dict[int, int] = {}

    def functions(self) -> list[str]:
        """Return the names of all functions that have a log."""
        return sorted({path.name.split(".")[0] for path in self._folder.glob("*.jsonl")})

    def look(self) -> list[Record]:
        """Return the wanted records since the last look, the earliest first."""
        found = [record for path in self._list() for record in self._read_on(path)]
        return sorted(filter(self._selection.holds, found), key=lambda record: record.time)

    def _list(self) -> list[Path]:
        """Return all files, the rotated ones first, so that records of the same moment stay in order."""
        return sorted(
            self._folder.glob("*.jsonl"), key=lambda path: path.name.split(".")[1].replace("jsonl", "0"), reverse=True
        )

    def _read_on(self, path: Path) -> Iterator[Record]:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            # Rotated away since the folder was listed: the next look finds it under its new name.
            return
        with file:
            status = os.fstat(file.fileno())
            # A number that a new file has got again after the old one was deleted.
            begun = self._read.get(status.st_ino, 0)
            self._read[status.st_ino] = file.seek(begun if begun <= status.st_size else 0)
            for line in file:
                # A line without an end is being written.
                if not line.endswith(b"\n"):
                    break
                self._read[status.st_ino] += len(line)
                if record := _parse(line):
                    yield record


def _parse(line: bytes) -> Record | None:
    try:
        content: object = json.loads(line)
    except ValueError:
        return None
    if not isinstance(content, dict) or {*cast("dict[str, object]", content)} ^ _FIELDS:
        return None
    record = Record(**cast("dict[str, str]", content))  # pyright: ignore[reportArgumentType] (what LogKeeper wrote)
    return record if record.level in LEVELS else None
