"""The fixtures; pytest finds them by the entry point `pytest11`."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from lambdakit.errors import MissingExtra

if TYPE_CHECKING:
    from lambdakit.operations.event_factories import Events
    from lambdakit.testing.functions import Functions, Laboratory

_USED = pytest.StashKey["Functions"]()
"""The functions of a test, while it runs and after it."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the logs of its functions to the report of a test that fails."""
    report = yield
    functions = item.stash.get(_USED, None)
    if report.failed and functions is not None:
        # Nothing of them runs any more once the fixtures are gone.
        if call.when != "teardown":
            functions.settle()
        report.sections += [(f"Lambda log of {name}", log) for name, log in functions.show_logs()]
    return report


@pytest.fixture(scope="session")
def _lambda_laboratory() -> "Iterator[Laboratory]":
    # The emulator takes 0.2 s to import, which only tests that use it wait for.
    try:
        from lambdakit.testing.functions import Laboratory  # noqa: PLC0415
    except ModuleNotFoundError as error:
        what = f"the package {error.name!r} is missing"
        raise MissingExtra(what, where="lambda_function", fix="pip install 'lambdakit[testing]'") from error

    with Laboratory.open() as laboratory:
        yield laboratory


@pytest.fixture
def lambda_function(request: pytest.FixtureRequest, _lambda_laboratory: "Laboratory") -> "Iterator[Functions]":
    """Run a function in local Lambda environments: `lambda_function("api")`, or any app as `"module:attribute"`.

    All its processes end with the test, or with the run where `shared=True` keeps them for other tests.
    """
    from lambdakit.project import find  # noqa: PLC0415 (as above)
    from lambdakit.testing.functions import Functions  # noqa: PLC0415 (as above)

    with ExitStack() as stack:
        declaration = find(request.path.parent)
        root = declaration.parent if declaration else request.config.rootpath
        request.node.stash[_USED] = functions = Functions(_lambda_laboratory, stack, root)
        yield functions


@pytest.fixture
def lambda_events(request: pytest.FixtureRequest) -> "Events":
    """Make events of any source: `lambda_events.sqs("tea")`; their ids are the same each time a test runs."""
    from lambdakit.operations.event_factories import Events, Origin  # noqa: PLC0415 (as above)

    return Events(Origin(seed=request.node.nodeid))
