"""What an invocation would cost on AWS: list prices of us-east-1, without free tier, data transfer and logs.

Source: https://aws.amazon.com/lambda/pricing/
"""

from typing import Final, Literal

from lambdakit.emulator import Report

Architecture = Literal["arm64", "x86_64"]

GIGABYTE_SECOND: Final[dict[Architecture, float]] = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
"""US dollars for a second with 1024 MB."""

REQUEST: Final = 0.0000002
"""US dollars for an invocation, whatever its size."""


def price_million(report: Report, architecture: Architecture) -> float:
    """Return the US dollars for a million invocations such as this one."""
    gigabyte_seconds = report.billed_duration_ms / 1000 * report.memory_size_mb / 1024
    return 1e6 * (REQUEST + gigabyte_seconds * GIGABYTE_SECOND[architecture])


def cost_line(report: Report, architecture: Architecture) -> str:
    """Say what a million invocations such as this one would cost."""
    size = f"{report.billed_duration_ms} ms billed at {report.memory_size_mb} MB on {architecture}"
    start = ", init included" if report.init_duration_ms is not None else ""
    if report.restore_duration_ms is not None:
        start = ", hooks of the restore included, the snapshot's own price not"
    return f"cost: {price_million(report, architecture):.2f} USD for a million requests of {size}{start}"
