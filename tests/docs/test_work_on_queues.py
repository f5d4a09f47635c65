"""What docs/guides/work-on-queues.md says that its programs print."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/work-on-queues.md").read_text(encoding="utf-8")


def run(name: str) -> list[str]:
    program = [sys.executable, str(ROOT / "docs/snippets/queues" / f"{name}.py")]
    return subprocess.run(program, capture_output=True, text=True, timeout=100, check=True).stdout.splitlines()


def test_a_message_without_an_order_becomes_a_dead_letter() -> None:
    lines = run("run")

    assert lines == ["dead letters: ['no order']"]
    assert lines[0] in GUIDE.splitlines()


def test_the_clock_says_when_a_function_is_due_and_invokes_it_now() -> None:
    due, now = run("clock")

    assert re.fullmatch(r"next: \d{4}-\d\d-\d\d 03:00:00\+00:00", due)
    assert now == 'now: "cleaned up for arn:aws:events:us-east-1:123456789012:rule/cleaner"'
