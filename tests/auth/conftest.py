from collections.abc import Generator

import pytest

from tests.auth.issuers import Issuer, serve


@pytest.fixture
def issuer() -> Generator[Issuer]:
    with serve(Issuer()) as served:
        yield served
