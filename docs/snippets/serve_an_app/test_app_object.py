import json
from collections.abc import Iterator

import pytest
from app_object import handler

from lambdakit.testing import Events


@pytest.fixture(autouse=True)
def _a_new_environment() -> Iterator[None]:
    yield
    handler.close()


def test_an_item_is_read(lambda_events: Events) -> None:
    result = handler(lambda_events.function_url("GET", "/items/42"))

    assert (result["statusCode"], json.loads(result["body"])) == (200, {"id": 42})
