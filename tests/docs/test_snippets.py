"""Every program that the documentation shows is a file, and every such file runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
SNIPPETS = sorted(ROOT.glob("docs/snippets/**/*.py"))
PROGRAMS = [*SNIPPETS, *ROOT.glob("handlers/**/*.py"), *ROOT.glob("templates/**/*.py")]
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODULE_DOCSTRING = re.compile(r'\A""".*?"""\n\n', re.DOTALL)
SECONDS = 60


def shown_programs() -> Iterator[tuple[str, str]]:
    """Yield every program on a page, with the page and the line that it starts in."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in PYTHON_BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(1)) + 1
            yield f"{page.relative_to(ROOT).as_posix()}:{line}", block[1]


def ways_to_show(path: Path) -> set[str]:
    """Return what a page may show of a file: its whole text, with or without the docstring on top."""
    text = path.read_text(encoding="utf-8")
    return {text, MODULE_DOCSTRING.sub("", text)}


def test_a_page_shows_programs_exactly_as_their_files_are() -> None:
    texts = {text for path in PROGRAMS for text in ways_to_show(path)}

    assert [place for place, program in shown_programs() if program not in texts] == []


def test_a_snippet_is_shown_on_a_page() -> None:
    shown = {program for _, program in shown_programs()}

    assert SNIPPETS
    assert [path.name for path in SNIPPETS if not ways_to_show(path) & shown] == []


@pytest.mark.parametrize("path", [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in SNIPPETS])
def test_a_snippet_can_be_imported_without_a_warning(path: Path) -> None:
    program = [sys.executable, "-B", "-W", "error", "-c", f"import {path.stem}"]
    # A region is what Lambda sets as well, and what boto3 makes no client without.
    environment = {**os.environ, "PYTHONPATH": str(path.parent), "AWS_DEFAULT_REGION": "us-east-1"}

    ended = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
