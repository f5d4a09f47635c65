"""What only an account can show is marked in README and docs until a result is recorded."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proofs.finding import Finding
from proofs.marks import END, NOT_YET, PAGES, START, find_passed, render, update_pages
from proofs.record import write_result
from proofs.rows import ROWS

ROOT = Path(__file__).parents[2]
NOTHING_YET = "Nothing here has run on a real AWS account"


def shown(project: Path, page: str) -> str:
    return (project / page).read_text(encoding="utf-8").partition(START)[2].partition(END)[0]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_of_each_claim_whether_it_has_run_on_aws(page: str) -> None:
    assert shown(ROOT, page) == render(ROOT, page)
    assert shown(ROOT, page).count(NOT_YET) == len(ROWS) - len(find_passed(ROOT / "docs" / "results"))


@pytest.mark.parametrize("page", ["README.md", "docs/README.md", "docs/concepts/design.md"])
def test_a_page_says_that_nothing_has_run_as_long_as_nothing_has(page: str) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())

    assert (NOTHING_YET in text) is not bool(find_passed(ROOT / "docs" / "results"))


def test_no_other_line_marks_a_claim_that_has_run() -> None:
    passed = find_passed(ROOT / "docs" / "results")
    open_titles = [row.title for row in ROWS.values() if row.title not in passed]
    pages = [path for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")] if path.name != "prove-on-aws.md"]
    marked = [(path.name, line) for path in pages for line in path.read_text("utf-8").splitlines() if NOT_YET in line]

    assert [line for line in marked if not any(title in line[1] for title in open_titles)] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for page in PAGES:
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / page, tmp_path / page)
    return tmp_path


def record(project: Path, day: int, **passed: bool) -> None:
    findings = {name: Finding(passed=each) for name, each in passed.items()}
    when = datetime(2027, 1, day, tzinfo=UTC)
    write_result(project / "docs" / "results", findings, region="eu-west-1", version="1", when=when)


def test_a_result_that_passed_takes_the_place_of_the_mark(project: Path) -> None:
    record(project, 2, streaming=True, work=False)
    record(project, 3, streaming=True, managed=True)
    record(project, 3, managed=True)
    update_pages(project)

    rows = [line for line in shown(project, "README.md").splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| response streaming | [ran on 2027-01-03](docs/results/aws-2027-01-03.md) |",
        "| work after the response | not yet run on AWS |",
        "| SnapStart with the wrapper script | not yet run on AWS |",
        "| Managed Instances | [ran on 2027-01-03](docs/results/aws-2027-01-03-2.md) |",
    ]
    assert "(../results/aws-2027-01-03.md)" in shown(project, "docs/concepts/runtime.md")


@pytest.mark.parametrize("page", PAGES)
def test_updating_changes_the_table_alone(project: Path, page: str) -> None:
    update_pages(project)

    assert (project / page).read_text(encoding="utf-8") == (ROOT / page).read_text(encoding="utf-8")
