"""What is proved, what that makes in the account, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass

from proofs import managed, snapstart, streaming, work
from proofs.account import Account
from proofs.finding import Finding


@dataclass(frozen=True)
class Row:
    """One claim; `title` is how README and docs name it."""

    title: str
    makes: str
    cost: str
    prove: Callable[[Account], Finding]


ROWS: dict[str, Row] = {
    "streaming": Row(
        "response streaming",
        "a function with a function URL that streams; about ten requests",
        "below 0.01 USD",
        streaming.prove,
    ),
    "work": Row(
        "work after the response",
        "a function with a function URL; up to 100 requests",
        "below 0.01 USD",
        work.prove,
    ),
    "snapstart": Row(
        "SnapStart with the wrapper script",
        "a function and a version with a snapshot, kept for some minutes; one request",
        "below 0.05 USD",
        snapstart.prove,
    ),
    "managed": Row(
        "Managed Instances",
        "a capacity provider in the default VPC, which starts some EC2 instances for about half an hour; 32 requests",
        "below 2 USD",
        managed.prove,
    ),
}
"""By the name that the command line takes."""
