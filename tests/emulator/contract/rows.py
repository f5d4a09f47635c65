from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.emulator.contract.answers import Seen

RUNTIMES = ("awslambdaric", "lambdakit")
"""AWS's runtime client and the toolkit's."""


class Call(NamedTuple):
    """One invocation."""

    payload: bytes = b"{}"
    client_context: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What is seen instead in one target, under one runtime, or in one under the other, and why.

    `where` names it: "rie", "local", "awslambdaric", "lambdakit", or two of them.
    """

    where: str
    reason: str
    expect: tuple[Seen, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A function, calls of it one after the other in one environment, and what the caller sees of each."""

    name: str
    source: str
    expect: tuple[Seen, ...]
    calls: tuple[Call, ...] = (Call(),)
    handler: str = "app.handler"
    timeout: int = 30
    init_timeout: int = 10
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    differences: tuple[Difference, ...] = ()
    runtimes: tuple[str, ...] = RUNTIMES

    def expected(self, target: str, runtime: str) -> tuple[Seen, ...]:
        """Return what has to be seen there; the most special difference counts."""
        there = [each for each in self.differences if set(each.where.split()) <= {target, runtime}]
        return max(there, key=lambda each: len(each.where.split())).expect if there else self.expect
