"""The fixtures; pytest finds them by the entry point `pytest11`."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lambdakit.operations.event_factories import Events
    from lambdakit.testing.functions import Functions, Laboratory


@pytest.fixture(scope="session")
def _lambda_laboratory(pytestconfig: pytest.Config) -> "Iterator[Laboratory]":
    # The emulator takes 0.2 s to import, which only tests that use it wait for.
    from lambdakit.testing.functions import Laboratory  # noqa: PLC0415

    with Laboratory.open(pytestconfig.rootpath) as laboratory:
        yield laboratory


@pytest.fixture
def lambda_function(_lambda_laboratory: "Laboratory") -> "Iterator[Functions]":
    """Run a function in local Lambda environments: `lambda_function("api")`, or any app as `"module:attribute"`.

    All its processes end with the test, or with the run where `shared=True` keeps them for other tests.
    """
    from lambdakit.testing.functions import Functions  # noqa: PLC0415 (as above)

    with ExitStack() as stack:
        yield Functions(_lambda_laboratory, stack)


@pytest.fixture
def lambda_events(request: pytest.FixtureRequest) -> "Events":
    """Make events of any source: `lambda_events.sqs("tea")`; their ids are the same each time a test runs."""
    from lambdakit.operations.event_factories import Events, Origin  # noqa: PLC0415 (as above)

    return Events(Origin(seed=request.node.nodeid))
