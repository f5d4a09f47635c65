"""What README and docs say of each claim: that it has not run on AWS yet, or where its result is."""

import re
from collections.abc import Mapping
from pathlib import Path

from proofs.rows import ROWS

START, END = "<!-- on aws -->\n", "<!-- end of on aws -->"
"""What encloses the table in a page."""
PAGES = ("README.md", "docs/concepts/runtime.md")
"""The pages that make these claims."""
NOT_YET = "not yet run on AWS"
"""What is said of a claim without a result."""

_PASSED = re.compile(r"^\| (?P<title>[^|]+) \| passed \|", re.MULTILINE)


def find_passed(results: Path) -> Mapping[str, Path]:
    """Return the latest result of each claim that passed, by its title."""
    # "-" comes before "." in a name, but a second result of a day is the later one.
    pages = sorted(results.glob("aws-*.md"), key=lambda path: (path.stem[:14], len(path.stem), path.stem))
    return {each["title"]: page for page in pages for each in _PASSED.finditer(page.read_text(encoding="utf-8"))}


def render(project: Path, page: str) -> str:
    """Return the table as a page of the project has to show it."""
    passed = find_passed(project / "docs" / "results")
    lines = ["| on the toolkit's own runtime | on AWS |", "|---|---|"]
    for row in ROWS.values():
        result = passed.get(row.title)
        shown = NOT_YET if result is None else f"[ran on {result.stem[4:14]}]({_link(project, page, result)})"
        lines.append(f"| {row.title} | {shown} |")
    return "\n".join(lines) + "\n"


def update_pages(project: Path) -> None:
    """Write the table into every page that has it."""
    for page in PAGES:
        path = project / page
        before, start, rest = path.read_text(encoding="utf-8").partition(START)
        _, end, after = rest.partition(END)
        path.write_text(before + start + render(project, page) + end + after, encoding="utf-8")


def _link(project: Path, page: str, result: Path) -> str:
    steps = "../" * page.removeprefix("docs/").count("/") if page.startswith("docs/") else "docs/"
    return steps + result.relative_to(project / "docs").as_posix()
