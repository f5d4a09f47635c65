import fcntl
import json
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

from lambdakit.emulator import Record
from lambdakit.observability.redaction import Redactor

_LARGEST_FILE = 5 * 1024 * 1024
_OLDER_FILES = 3
_HOME = ".toolkit"


def log_folder(root: Path) -> Path:
    """Return where the logs of the project in this folder are kept."""
    return root / _HOME / "logs"


class LogKeeper:
    """Appends records to `<function>.jsonl` in a folder, from any number of processes at a time, without secrets.

    `variables` are those of the functions, whose secrets are recognised wherever they stand. A file that reaches
    `largest` bytes becomes `<function>.1.jsonl`; three older ones are kept. Where it cannot be written, `complain`
    gets one line and nothing more is tried.
    """

    def __init__(
        self,
        folder: Path,
        complain: Callable[[str], None],
        *,
        largest: int = _LARGEST_FILE,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._redactor = Redactor(variables=variables)
        self._complain = complain
        self._largest = largest
        self._is_broken = False

    def keep(self, record: Record) -> None:
        """Append a record."""
        self.keep_all([record])

    def keep_all(self, records: Sequence[Record]) -> None:
        """Append several records, which takes little longer than one of them."""
        if self._is_broken:
            return
        lines: dict[str, bytes] = {}
        for record in records:
            lines[record.function] = lines.get(record.function, b"") + self._write(record)
        try:
            self._append(lines)
        except OSError as error:
            self._is_broken = True
            self._complain(f"note: the log is not kept: {error.strerror} ({self._folder})")

    def _write(self, record: Record) -> bytes:
        kept = replace(record, message=self._redactor.redact_record(record.message))
        # ASCII alone: no character can be mistaken for the end of a line, and none is half written.
        return json.dumps(asdict(kept)).encode("ascii") + b"\n"

    def _append(self, lines: Mapping[str, bytes]) -> None:
        self._make_folder()
        with self._locked():
            for function, content in lines.items():
                path = self._folder / f"{function}.jsonl"
                if path.exists() and path.stat().st_size + len(content) > self._largest:
                    self._rotate(function)
                with path.open("ab") as file:
                    file.write(content)

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        ignored = self._folder.parent / ".gitignore"
        # Nothing that the toolkit keeps belongs into version control, and not every project's list knows it.
        if self._folder.parent.name == _HOME and not ignored.exists():
            ignored.write_text("*\n")

    @contextmanager
    def _locked(self) -> Generator[None]:
        lock = os.open(self._folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _rotate(self, function: str) -> None:
        names = [f"{function}.jsonl", *(f"{function}.{number}.jsonl" for number in range(1, _OLDER_FILES + 1))]
        for newer, older in reversed(list(pairwise(names))):
            if (self._folder / newer).exists():
                (self._folder / newer).replace(self._folder / older)
