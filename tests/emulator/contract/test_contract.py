"""The same functions, called in the local Lambda and in AWS's own emulator, under both runtimes."""

from pathlib import Path

import pytest

from tests.emulator.contract.rie import NotHere, find_program
from tests.emulator.contract.rows import RUNTIMES, Row
from tests.emulator.contract.table import ROWS
from tests.emulator.contract.targets import TARGETS, write_function


@pytest.mark.parametrize(
    ("runtime", "row"),
    [pytest.param(runtime, row, id=f"{runtime}-{row.name}") for row in ROWS for runtime in row.runtimes],
)
@pytest.mark.parametrize("target", TARGETS)
def test_a_caller_sees_the_same_everywhere(target: str, runtime: str, row: Row, tmp_path: Path) -> None:
    if target == "rie":
        try:
            find_program()
        except NotHere as reason:
            pytest.skip(str(reason))
    write_function(row, tmp_path)

    assert TARGETS[target](row, runtime, tmp_path) == list(row.expected(target, runtime))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_difference_is_one_and_says_why(row: Row) -> None:
    for difference in row.differences:
        assert set(difference.where.split()) <= {*TARGETS, *RUNTIMES}
        assert difference.expect != row.expect
        assert len(difference.reason.split()) > 3
    assert len(row.expect) == len(row.calls)
