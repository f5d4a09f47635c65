from lambdakit.emulator import Answer, Outcome, Record
from lambdakit.emulator.front_doors import Visit


class Kept:
    """A listener that keeps all that it is told."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.visits: list[tuple[str, Visit]] = []
        self.invocations: list[tuple[str, str, Outcome]] = []
        self.notes: list[str] = []
        self.refusals: list[tuple[str, str | None, bool]] = []

    def record(self, record: Record) -> None:
        self.records.append(record)

    def visit(self, name: str, visit: Visit) -> None:
        self.visits.append((name, visit))

    def invocation(self, name: str, source: str, outcome: Outcome) -> None:
        self.invocations.append((name, source, outcome))

    def note(self, name: str, message: str) -> None:
        self.notes.append(f"{name}: {message}")

    def refuse(self, name: str, error: Answer, *, goes_on: bool) -> None:
        self.refusals.append((name, error.error_type, goes_on))
