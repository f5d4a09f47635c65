"""What a proof came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Whether a claim held, with figures by name; `problem` says why it did not."""

    passed: bool
    figures: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str = ""


def judge(figures: Mapping[str, str], *checks: tuple[bool, str]) -> Finding:
    """Return a finding that passed when all checks hold; the others' texts say what did not."""
    problems = [text for holds, text in checks if not holds]
    return Finding(passed=not problems, figures=figures, problem="; ".join(problems))


def milliseconds(seconds: float) -> str:
    """Return a duration as it is printed."""
    return f"{seconds * 1000:.0f} ms"
