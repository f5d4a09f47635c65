"""What holds for all tests."""

import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

# The time of one example measures the machine and what else it does, not the code.
settings.register_profile("lambdakit", deadline=None)
settings.load_profile("lambdakit")


# A shell lets what it runs in the background ignore Ctrl-C, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape in captured output what UTF-8 has no form for, as reports of parallel workers travel in it."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
