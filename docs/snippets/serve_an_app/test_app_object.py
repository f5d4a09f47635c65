import json
from collections.abc import Iterator

import pytest
from app_object import handler

from lambdakit.events import FORMATS, Request, Response

FUNCTION_URL = FORMATS["function-url"]


@pytest.fixture(autouse=True)
def _a_new_environment() -> Iterator[None]:
    yield
    handler.close()


def send(method: str, path: str, body: bytes = b"") -> Response:
    request = Request(method, path, path.encode(), b"", [(b"host", b"shop.test")], body)
    return FUNCTION_URL.decode_response(handler(FUNCTION_URL.encode_request(request)))


def test_an_item_is_read() -> None:
    response = send("GET", "/items/42")

    assert (response.status, json.loads(response.body)) == (200, {"id": 42})
