"""Who is told what happens to the functions of a service."""

from typing import Protocol

from lambdakit.emulator import Answer, Outcome, Record
from lambdakit.emulator.front_doors import Visit


class Listener(Protocol):
    """Is told what happens to a service's functions; `name` is the function's."""

    def record(self, record: Record) -> None:
        """Take a record of a function's log."""
        ...

    def visit(self, name: str, visit: Visit) -> None:
        """Take a request whose invocation is over."""
        ...

    def invocation(self, name: str, source: str, outcome: Outcome) -> None:
        """Take an invocation that no request brought; `source` says what did, in a few words."""
        ...

    def note(self, name: str, message: str) -> None:
        """Take what a developer has to know."""
        ...

    def refuse(self, name: str, error: Answer, *, goes_on: bool) -> None:
        """Take the error of an init; the code of before goes on where there is some."""
        ...
