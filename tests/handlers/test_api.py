"""The shop's API as a function: behind its function URL, in a local environment."""

import pytest

from lambdakit.testing import Events, Functions, LambdaFunction

PNG = b"\x89PNG\r\n\x1a\n\x00\xff\xfe"


@pytest.fixture
def api(lambda_function: Functions) -> LambdaFunction:
    # One shop for all tests of this module: none of them depends on its stock.
    return lambda_function("api", shared=True)


def test_an_item_is_read(api: LambdaFunction) -> None:
    response = api.http.get("/items/42")

    assert response.status_code == 200
    assert response.json()["name"] == "Towel"


def test_the_shop_outlives_the_invocation_and_the_confirmation_has_run(api: LambdaFunction) -> None:
    placed = api.http.post("/orders", json={"customer": "Arthur", "lines": [{"item_id": 42}]})
    order = api.http.get(placed.headers["location"]).json()

    assert placed.status_code == 201
    assert order["status"] == "confirmed"


def test_a_new_environment_knows_no_order_of_another(lambda_function: Functions) -> None:
    api = lambda_function("api")
    placed = api.http.post("/orders", json={"customer": "Arthur", "lines": [{"item_id": 42}]})
    api.kill()

    assert api.http.get(placed.headers["location"]).status_code == 404


def test_queries_reach_the_app_in_order(api: LambdaFunction) -> None:
    page = api.http.get("/items?tag=travel&tag=clothing&limit=1&offset=1").json()

    assert (page["total"], [item["id"] for item in page["items"]]) == (2, [42])


def test_a_picture_comes_back_byte_for_byte(api: LambdaFunction) -> None:
    uploaded = api.http.put("/items/42/picture", files={"picture": ("a", PNG)})
    downloaded = api.http.get("/items/42/picture")

    assert uploaded.status_code == 204
    assert (downloaded.content, downloaded.headers["content-type"]) == (PNG, "image/png")


def test_a_cart_travels_in_a_cookie(api: LambdaFunction) -> None:
    api.http.post("/cart/items", json={"item_id": 42})

    assert api.http.get("/cart").json()["total_cents"] == 1990
    assert api.http.cookies["cart"] == "42:1"


def test_a_cookie_is_kept_to_https_where_the_client_uses_it(api: LambdaFunction, lambda_events: Events) -> None:
    result = api.invoke(lambda_events.function_url("POST", "/cart/items", json={"item_id": 42}))

    (cookie,) = result.value["cookies"]
    assert "Secure" in cookie


def test_a_short_link_leads_to_the_address_that_the_client_used(api: LambdaFunction, lambda_events: Events) -> None:
    event = lambda_events.function_url("GET", "/i/42")
    domain = event["requestContext"]["domainName"]

    assert api.invoke(event).value["headers"]["location"] == f"https://{domain}/items/42"
    assert api.http.get("/i/42").headers["location"] == f"{api.url}/items/42"


def test_a_stream_arrives_whole(api: LambdaFunction) -> None:
    assert api.http.get("/orders/export.csv").content.startswith(b"order_id,placed_at,")


def test_a_refusal_keeps_its_status_and_code(api: LambdaFunction) -> None:
    response = api.http.get("/items/99")

    assert (response.status_code, response.json()["code"]) == (404, "item_not_found")


def test_a_known_copy_is_not_sent_again(api: LambdaFunction) -> None:
    tag = api.http.get("/items/42").headers["etag"]
    response = api.http.get("/items/42", headers={"If-None-Match": tag})

    assert (response.status_code, response.content) == (304, b"")
