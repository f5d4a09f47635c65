from datetime import UTC, datetime
from pathlib import Path

from proofs.finding import Finding
from proofs.record import write_result

WHEN = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)
FINDINGS = {
    "streaming": Finding(passed=True, figures={"first byte": "31 ms", "last byte": "840 ms"}),
    "managed": Finding(passed=False, problem="ClientError: not\nhere | at all"),
}


def write(folder: Path) -> Path:
    return write_result(folder, FINDINGS, region="eu-west-1", version="1.2.3", when=WHEN)


def test_a_result_tells_when_and_where_and_what_was_found(tmp_path: Path) -> None:
    path = write(tmp_path / "results")

    assert path.name == "aws-2027-02-03.md"
    assert path.read_text().splitlines() == [
        "# Run on AWS, 2027-02-03",
        "",
        "By `just prove-on-aws`: lambdakit 1.2.3, python3.13 on x86_64, eu-west-1, 2027-02-03 04:05 UTC.",
        "",
        "| claim | result | figures |",
        "|---|---|---|",
        "| response streaming | passed | first byte 31 ms, last byte 840 ms |",
        "| Managed Instances | failed: ClientError: not here \\| at all | none |",
    ]


def test_a_second_result_of_a_day_leaves_the_first(tmp_path: Path) -> None:
    first, second = write(tmp_path), write(tmp_path)

    assert (first.name, second.name) == ("aws-2027-02-03.md", "aws-2027-02-03-2.md")
