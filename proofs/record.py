"""The dated result."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from proofs.finding import Finding
from proofs.package import ARCHITECTURE, PYTHON
from proofs.rows import ROWS


def write_result(folder: Path, findings: Mapping[str, Finding], *, region: str, version: str, when: datetime) -> Path:
    """Write what was found as a page and return its path; the account is not named in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"aws-{when:%Y-%m-%d}.md"
    number = 2
    while path.exists():
        path = folder / f"aws-{when:%Y-%m-%d}-{number}.md"
        number += 1
    rows = [_line(ROWS[name].title, finding) for name, finding in findings.items()]
    head = f"lambdakit {version}, python{PYTHON} on {ARCHITECTURE}, {region}, {when:%Y-%m-%d %H:%M} UTC"
    lines = [f"# Run on AWS, {when:%Y-%m-%d}", "", f"By `just prove-on-aws`: {head}.", ""]
    lines += ["| claim | result | figures |", "|---|---|---|", *rows, ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _line(title: str, finding: Finding) -> str:
    figures = ", ".join(f"{name} {value}" for name, value in finding.figures.items()) or "none"
    verdict = "passed" if finding.passed else f"failed: {_one_cell(finding.problem)}"
    return f"| {title} | {verdict} | {_one_cell(figures)} |"


def _one_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
