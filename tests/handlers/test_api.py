import json
from collections.abc import Iterator

import pytest

from handlers import api
from lambdakit.events import FORMATS, Request, Response

FUNCTION_URL = FORMATS["function-url"]
PNG = b"\x89PNG\r\n\x1a\n\x00\xff\xfe"


@pytest.fixture(autouse=True)
def _a_new_environment() -> Iterator[None]:
    yield
    api.handler.close()


def send(method: str, path: str, body: bytes = b"", **headers: str) -> Response:
    """Send a request through a function URL; headers are spelt with underscores."""
    url, _, query = path.partition("?")
    pairs = [(b"host", b"shop.test"), *((n.replace("_", "-").encode(), v.encode()) for n, v in headers.items())]
    request = Request(method, url, url.encode(), query.encode(), pairs, body)
    return FUNCTION_URL.decode_response(api.handler(FUNCTION_URL.encode_request(request), None))


def header(response: Response, name: str) -> str:
    (value,) = (value for key, value in response.headers if key.lower() == name.encode())
    return value.decode("latin-1")


def test_an_item_is_read() -> None:
    response = send("GET", "/items/42")

    assert response.status == 200
    assert json.loads(response.body)["name"] == "Towel"


def test_the_shop_outlives_the_invocation_and_the_confirmation_has_run() -> None:
    wanted = json.dumps({"customer": "Arthur", "lines": [{"item_id": 42}]}).encode()
    placed = send("POST", "/orders", wanted, content_type="application/json")
    location = header(placed, "location")
    order = json.loads(send("GET", location.removeprefix("https://shop.test")).body)

    assert placed.status == 201
    assert order["status"] == "confirmed"


def test_queries_reach_the_app_in_order() -> None:
    page = json.loads(send("GET", "/items?tag=travel&tag=clothing&limit=1&offset=1").body)

    assert (page["total"], [item["id"] for item in page["items"]]) == (2, [42])


def test_a_picture_comes_back_byte_for_byte() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n' + PNG + b"\r\n--x--\r\n"
    uploaded = send("PUT", "/items/42/picture", body, content_type="multipart/form-data; boundary=x")
    downloaded = send("GET", "/items/42/picture")

    assert uploaded.status == 204
    assert (downloaded.body, header(downloaded, "content-type")) == (PNG, "image/png")


def test_a_cart_travels_in_a_cookie() -> None:
    first = send("POST", "/cart/items", b'{"item_id": 42}', content_type="application/json")
    cookie, _, attributes = header(first, "set-cookie").partition(";")
    cart = json.loads(send("GET", "/cart", cookie=cookie).body)

    assert "Secure" in attributes
    assert cart["total_cents"] == 1990


def test_a_short_link_leads_to_the_address_that_the_client_used() -> None:
    assert header(send("GET", "/i/42"), "location") == "https://shop.test/items/42"


def test_a_stream_arrives_whole() -> None:
    assert send("GET", "/orders/export.csv").body.startswith(b"order_id,placed_at,")


def test_a_refusal_keeps_its_status_and_code() -> None:
    response = send("GET", "/items/99")

    assert (response.status, json.loads(response.body)["code"]) == (404, "item_not_found")


def test_a_known_copy_is_not_sent_again() -> None:
    response = send("GET", "/items/42", if_none_match=header(send("GET", "/items/42"), "etag"))

    assert (response.status, response.body) == (304, b"")
