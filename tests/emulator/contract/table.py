"""Every row of the contract."""

from tests.emulator.contract import failures, protocol, results

ROWS = (*results.ROWS, *failures.ROWS, *protocol.ROWS)
