import asyncio
import csv
import io
import re
from collections.abc import Generator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from handlers.shop.domain import Cart, ShopError
from handlers.shop.http import create_app
from handlers.shop.http.items import watch_stock
from handlers.shop.http.problems import STATUSES
from handlers.shop.repository import Shop

PNG = b"\x89PNG\r\n\x1a\n\x00\xff\xfe"
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def client() -> Generator[TestClient]:
    with TestClient(create_app(), base_url="https://shop.test") as client:
        yield client


def order(client: TestClient, **lines: int) -> dict[str, Any]:
    """Order quantities by item id, as in `order(client, _42=3)`."""
    wanted = [{"item_id": int(name[1:]), "quantity": quantity} for name, quantity in lines.items()]
    response = client.post("/orders", json={"customer": "Arthur", "lines": wanted})
    assert response.status_code == 201
    return response.json()


def test_an_item_is_read() -> None:
    with TestClient(create_app()) as client:
        response = client.get("/items/42")

    assert response.status_code == 200
    assert response.json() == {
        "id": 42,
        "name": "Towel",
        "price_cents": 1990,
        "stock": 64,
        "tags": ["clothing", "travel"],
    }


def test_the_head_of_an_item_is_that_of_its_body(client: TestClient) -> None:
    head, get = client.head("/items/42"), client.get("/items/42")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


@pytest.mark.parametrize("known", ["{}", "W/{}", '"older", {}', "*"])
def test_an_item_that_the_client_knows_is_not_sent_again(client: TestClient, known: str) -> None:
    entity_tag = client.get("/items/42").headers["etag"]
    response = client.get("/items/42", headers={"If-None-Match": known.format(entity_tag)})

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == entity_tag


def test_an_item_that_changed_is_sent_again(client: TestClient) -> None:
    entity_tag = client.get("/items/42").headers["etag"]
    order(client, _42=1)
    response = client.get("/items/42", headers={"If-None-Match": entity_tag})

    assert response.status_code == 200
    assert response.headers["etag"] != entity_tag


@pytest.mark.parametrize(
    ("query", "total", "ids"),
    [
        ("", 6, [1, 2, 3, 7, 12, 42]),
        ("text=TE", 1, [1]),
        ("tag=travel", 4, [2, 3, 7, 42]),
        ("tag=travel&tag=clothing", 2, [7, 42]),
        ("tag=travel&in_stock=true&max_price_cents=20000", 2, [7, 42]),
        ("limit=2&offset=1", 6, [2, 3]),
        ("offset=6", 6, []),
        ("text=nothing", 0, []),
    ],
)
def test_items_are_filtered_and_paged(client: TestClient, query: str, total: int, ids: list[int]) -> None:
    page = client.get(f"/items?{query}").json()

    assert page["total"] == total
    assert [item["id"] for item in page["items"]] == ids


def test_a_short_link_leads_to_the_item(client: TestClient) -> None:
    response = client.get("/i/42", follow_redirects=False)

    assert response.status_code == 308
    assert response.headers["location"] == "https://shop.test/items/42"


def test_links_keep_the_prefix_that_a_gateway_puts_before_the_app() -> None:
    with TestClient(create_app(), root_path="/prod") as client:
        response = client.get("/prod/i/42", follow_redirects=False)

    assert response.headers["location"] == "http://testserver/prod/items/42"


def test_a_picture_is_downloaded_as_it_was_uploaded(client: TestClient) -> None:
    uploaded = client.put("/items/42/picture", files={"picture": ("towel.txt", PNG, "text/plain")})
    response = client.get("/items/42/picture")

    assert (uploaded.status_code, uploaded.content) == (204, b"")
    assert response.content == PNG
    assert response.headers["content-type"] == "image/png"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_picture_that_the_client_knows_is_not_sent_again(client: TestClient) -> None:
    client.put("/items/42/picture", files={"picture": PNG})
    entity_tag = client.get("/items/42/picture").headers["etag"]
    response = client.get("/items/42/picture", headers={"If-None-Match": entity_tag})

    assert (response.status_code, response.content) == (304, b"")


def test_a_picture_may_be_larger_than_other_bodies_but_not_than_lambda_takes(client: TestClient) -> None:
    assert client.put("/items/42/picture", files={"picture": PNG + bytes(4_000_000)}).status_code == 204
    assert client.put("/items/42/picture", files={"picture": PNG + bytes(4_200_000)}).status_code == 413
    assert client.post("/orders", json={"customer": "x" * 66_000}).status_code == 413


def test_a_cart_travels_in_a_cookie(client: TestClient) -> None:
    assert client.get("/cart").json() == {"lines": [], "total_cents": 0}
    client.post("/cart/items", json={"item_id": 42, "quantity": 2})
    client.post("/cart/items", json={"item_id": 1})
    client.post("/cart/items", json={"item_id": 42})

    cart = client.get("/cart").json()
    assert [(line["name"], line["quantity"], line["total_cents"]) for line in cart["lines"]] == [
        ("Towel", 3, 5970),
        ("Tea", 1, 450),
    ]
    assert cart["total_cents"] == 6420
    assert client.cookies["cart"] == "42:3|1:1"


@pytest.mark.parametrize(("scheme", "is_secure"), [("https", True), ("http", False)])
def test_scripts_and_other_sites_cannot_use_the_cookie(scheme: str, *, is_secure: bool) -> None:
    with TestClient(create_app(), base_url=f"{scheme}://shop.test") as client:
        cookie = client.post("/cart/items", json={"item_id": 42}).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is is_secure


def test_an_emptied_cart_is_forgotten(client: TestClient) -> None:
    client.post("/cart/items", json={"item_id": 42})
    response = client.delete("/cart")

    assert (response.status_code, response.content) == (204, b"")
    assert "cart" not in client.cookies


@pytest.mark.parametrize("cookie", ["42", "42:1:1", "42:x", "42:-1", "|||", "42:" + "9" * 5_000])
def test_a_broken_cookie_is_an_empty_cart(client: TestClient, cookie: str) -> None:
    assert client.get("/cart", headers={"Cookie": f"cart={cookie}"}).json()["lines"] == []


def test_an_order_is_placed_and_can_be_read_where_the_response_says(client: TestClient) -> None:
    lines = [{"item_id": 42, "quantity": 1}, {"item_id": 1}, {"item_id": 42, "quantity": 2}]
    response = client.post("/orders", json={"customer": "Arthur", "lines": lines})

    placed = response.json()
    assert response.status_code == 201
    assert (placed["customer"], placed["status"], placed["total_cents"]) == ("Arthur", "placed", 6420)
    assert [(line["item_id"], line["quantity"]) for line in placed["lines"]] == [(42, 3), (1, 1)]
    assert client.get(response.headers["location"]).json() == placed | {"status": "confirmed"}
    assert client.get("/items/42").json()["stock"] == 61


def test_an_order_without_lines_takes_the_cart_and_empties_it(client: TestClient) -> None:
    client.post("/cart/items", json={"item_id": 42, "quantity": 2})
    placed = client.post("/orders", json={"customer": "Arthur"}).json()

    assert [(line["item_id"], line["quantity"]) for line in placed["lines"]] == [(42, 2)]
    assert "cart" not in client.cookies


def test_an_order_that_fails_keeps_the_cart(client: TestClient) -> None:
    client.post("/cart/items", json={"item_id": 3})

    assert client.post("/orders", json={"customer": "Arthur"}).status_code == 409
    assert client.cookies["cart"] == "3:1"


def test_an_order_is_confirmed_after_the_response(client: TestClient) -> None:
    placed = order(client, _42=1)

    assert placed["status"] == "placed"
    assert client.get(f"/orders/{placed['id']}").json()["status"] == "confirmed"


def test_a_cancelled_order_returns_its_items(client: TestClient) -> None:
    path = f"/orders/{order(client, _42=4)['id']}"
    response = client.delete(path)

    assert (response.status_code, response.content) == (204, b"")
    assert client.get(path).json()["status"] == "cancelled"
    assert client.get("/items/42").json()["stock"] == 64


def test_a_receipt_is_plain_text(client: TestClient) -> None:
    placed = order(client, _42=2)
    response = client.get(f"/orders/{placed['id']}/receipt")

    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith(f"Order {placed['id']}\n")
    assert response.text.endswith("39.80 EUR\n")


def test_orders_are_exported_line_by_line(client: TestClient) -> None:
    first, second = order(client, _42=2, _1=1), order(client, _7=1)
    response = client.get("/orders/export.csv")

    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    assert [(row["order_id"], row["name"], row["quantity"], row["price_cents"]) for row in rows] == [
        (first["id"], "Towel", "2", "1990"),
        (first["id"], "Tea", "1", "450"),
        (second["id"], "Joo Janta sunglasses", "1", "19999"),
    ]


@pytest.mark.parametrize(("last", "events"), [(0, ["1 placed", "2 confirmed"]), (1, ["2 confirmed"]), (2, []), (9, [])])
def test_the_events_of_an_order_follow_the_last_one_that_the_client_saw(
    client: TestClient, last: int, events: list[str]
) -> None:
    path = f"/orders/{order(client, _42=1)['id']}/events"
    response = client.get(path, headers={"Last-Event-ID": str(last)})

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = re.findall(r'event: (\w+)\ndata: \{"status":"\1","at":"[^"]+Z"\}\nid: (\d)\n\n', response.text)
    assert [f"{number} {name}" for name, number in found] == events
    assert response.text.count("\n\n") == len(events)


def test_the_stock_of_an_item_is_told_at_once_and_then_every_second(client: TestClient) -> None:
    response = client.get("/items/42/stock?seconds=1")

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.text == "".join(f'event: stock\ndata: {{"stock":64}}\nid: {second}\n\n' for second in range(2))


def test_who_watches_the_stock_sees_an_order() -> None:
    shop = Shop()

    async def watch() -> list[int]:
        events = aiter(watch_stock(shop.item(42), shop, seconds=1))
        first = await anext(events)
        shop.place_order("Arthur", Cart.of([(42, 4)]))
        return [event.data.stock for event in (first, await anext(events))]

    assert asyncio.run(watch()) == [64, 60]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/items/99", 404, "item_not_found"),
        ("HEAD", "/items/99", 404, ""),
        ("GET", "/i/99", 404, "item_not_found"),
        ("GET", "/items/99/picture", 404, "item_not_found"),
        ("GET", "/items/42/picture", 404, "picture_not_found"),
        ("GET", f"/orders/{UNKNOWN}", 404, "order_not_found"),
        ("DELETE", f"/orders/{UNKNOWN}", 404, "order_not_found"),
        ("GET", f"/orders/{UNKNOWN}/receipt", 404, "order_not_found"),
        ("GET", f"/orders/{UNKNOWN}/events", 404, "order_not_found"),
        ("GET", "/items/99/stock", 404, "item_not_found"),
        ("GET", "/items/42/stock?seconds=26", 422, "invalid_request"),
        ("GET", "/nowhere", 404, "not_found"),
        ("PATCH", "/items/42", 405, "method_not_allowed"),
        ("GET", "/items/towel", 422, "invalid_request"),
        ("GET", "/items/0", 422, "invalid_request"),
        ("GET", "/orders/towel", 422, "invalid_request"),
        ("GET", "/items?limit=101", 422, "invalid_request"),
        ("PUT", "/items/42/picture", 422, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_with_a_code(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)

    assert response.status_code == status
    assert (response.json()["code"] if response.content else "") == code


def test_unknown_items_go_into_no_cart(client: TestClient) -> None:
    response = client.post("/cart/items", json={"item_id": 99})

    assert (response.status_code, response.json()["code"]) == (404, "item_not_found")
    assert "set-cookie" not in response.headers


def test_an_order_for_more_than_the_stock_is_refused(client: TestClient) -> None:
    lines = [{"item_id": 2, "quantity": 4}]
    response = client.post("/orders", json={"customer": "Arthur", "lines": lines})

    assert response.status_code == 409
    assert response.json() == {"code": "out_of_stock", "detail": "4 of item 2 (Babel fish) wanted, 3 left"}


def test_an_empty_cart_cannot_be_ordered(client: TestClient) -> None:
    response = client.post("/orders", json={"customer": "Arthur"})

    assert (response.status_code, response.json()["code"]) == (409, "empty_cart")


def test_a_cancelled_order_gives_no_receipt(client: TestClient) -> None:
    path = f"/orders/{order(client, _42=1)['id']}"
    client.delete(path)
    response = client.get(f"{path}/receipt")

    assert (response.status_code, response.json()["code"]) == (409, "order_cancelled")


def test_a_file_that_is_no_picture_is_refused(client: TestClient) -> None:
    response = client.put("/items/42/picture", files={"picture": b"<svg/>"})

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_picture")


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["body.customer"]),
        ({"customer": ""}, ["body.customer"]),
        ({"customer": "Arthur", "lines": []}, ["body.lines"]),
        ({"customer": "Arthur", "line": []}, ["body.line"]),
        (
            {"customer": "Arthur", "lines": [{"item_id": 1, "quantity": 0}, {"quantity": 1}]},
            ["body.lines.0.quantity", "body.lines.1.item_id"],
        ),
    ],
)
def test_every_mistake_in_an_order_is_named(client: TestClient, body: dict[str, Any], places: list[str]) -> None:
    response = client.post("/orders", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert [mistake["where"] for mistake in response.json()["mistakes"]] == places


def test_a_refusal_never_repeats_what_was_sent(client: TestClient) -> None:
    response = client.post("/orders", json={"customer": ["hunter2"], "password": "hunter2"})

    assert response.status_code == 422
    assert "hunter2" not in response.text


def test_every_broken_rule_has_a_status() -> None:
    assert set(STATUSES) == set(ShopError.__subclasses__())


def test_two_apps_share_nothing() -> None:
    with TestClient(create_app()) as one, TestClient(create_app()) as other:
        order(one, _42=1)

        assert one.get("/items/42").json()["stock"] == 63
        assert other.get("/items/42").json()["stock"] == 64


def test_the_schema_names_each_operation_once_and_shows_one_shape_of_refusal() -> None:
    schema = create_app().openapi()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]

    assert sorted(names) == sorted(set(names))
    assert all(operation["description"] for operation in operations)
    assert "Problem" in schema["components"]["schemas"]
    assert "HTTPValidationError" not in schema["components"]["schemas"]
