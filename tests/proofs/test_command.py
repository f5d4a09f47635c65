"""The program as its reader runs it, against moto: it makes and deletes, but moto runs no function."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from proofs.account import PREFIX
from tests.proofs.leftovers import client, find_leftovers

ROOT = Path(__file__).parents[2]
SECONDS = 60


def start(aws: Mapping[str, str], *arguments: str) -> "subprocess.Popen[str]":
    # Without a proxy in between, an address that does not exist fails at once.
    return subprocess.Popen(
        [sys.executable, "-m", "proofs", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **aws},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(aws: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    with start(aws, *arguments) as running:
        _, said = running.communicate(timeout=SECONDS)
    return running.returncode, said


def test_without_a_yes_it_names_account_region_things_and_costs_and_makes_nothing(aws: dict[str, str]) -> None:
    code, said = run(aws)

    assert code == 2
    assert said.startswith("account 123456789012, region eu-west-1, as arn:aws:sts::123456789012:user/moto\n")
    for row, cost in (("streaming", "0.01"), ("work", "0.01"), ("snapstart", "0.05"), ("managed", "2")):
        [line] = [line for line in said.splitlines() if line.strip().startswith(f"{row}: ")]
        assert line.endswith(f"below {cost} USD")
    assert said.endswith("Nothing was made. Add --yes to do this.\n")
    assert find_leftovers() == []


def test_without_an_account_it_says_how_to_name_one(aws: dict[str, str]) -> None:
    code, said = run({"AWS_ENDPOINT_URL": aws["AWS_ENDPOINT_URL"], "AWS_EC2_METADATA_DISABLED": "true"})

    assert code == 2
    assert "Fix: set AWS_PROFILE and AWS_REGION" in said
    assert "Traceback" not in said


def test_a_package_that_is_not_there_is_refused_before_anything_is_made(aws: dict[str, str], tmp_path: Path) -> None:
    code, said = run(aws, "--yes", "--package", str(tmp_path / "none.zip"))

    assert code == 2
    assert "none.zip (in --package). Fix: leave it out, and a zip is built" in said
    assert find_leftovers() == []


@pytest.mark.parametrize("row", ["streaming", "work", "snapstart", "managed"])
def test_a_proof_that_fails_is_recorded_and_leaves_nothing(
    aws: dict[str, str], package: Path, tmp_path: Path, row: str
) -> None:
    results = tmp_path / "results"
    code, said = run(
        aws, "--yes", "--row", row, "--patience", "0", "--package", str(package), "--results", str(results)
    )

    assert (code, find_leftovers()) == (1, []), said
    assert f"making role {PREFIX}" in said
    assert f"deleted role {PREFIX}" in said
    [page] = results.glob("aws-*.md")
    [line] = [line for line in page.read_text().splitlines() if line.startswith("| ")][1:]
    assert "| failed: " in line
    assert "123456789012" not in page.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_deletes_what_it_made_and_records_nothing(
    aws: dict[str, str], package: Path, tmp_path: Path, number: signal.Signals
) -> None:
    results = tmp_path / "results"
    options = ["--row", "work", "--patience", "600", "--package", str(package), "--results", str(results)]
    with start(aws, "--yes", *options) as running:
        assert running.stderr is not None
        said = ""
        while "making function URL" not in said:
            line = running.stderr.readline()
            assert line, said
            said += line
        assert len(find_leftovers()) >= 2
        running.send_signal(number)
        _, rest = running.communicate(timeout=SECONDS)

    assert (running.returncode, find_leftovers()) == (130, []), said + rest
    assert f"interrupted by {number.name}; no result is written" in rest
    assert not results.exists()


def test_what_a_killed_run_left_is_swept_up(aws: dict[str, str], package: Path) -> None:
    options = ["--row", "work", "--patience", "600", "--package", str(package)]
    with start(aws, "--yes", *options) as running:
        assert running.stderr is not None
        while "making function URL" not in running.stderr.readline():
            assert running.poll() is None
        running.kill()
    assert len(find_leftovers()) >= 2
    client("logs").create_log_group(logGroupName=f"/aws/lambda/{PREFIX}abc-work")

    assert run(aws, "--sweep")[0] == 2
    assert len(find_leftovers()) >= 3
    code, said = run(aws, "--sweep", "--yes")
    assert (code, find_leftovers()) == (0, []), said
