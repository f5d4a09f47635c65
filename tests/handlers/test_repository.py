import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from handlers.shop.domain import (
    Cart,
    EmptyCart,
    Item,
    ItemNotFound,
    Line,
    OrderNotFound,
    OutOfStock,
    Picture,
    PictureNotFound,
    Search,
    ShopError,
    Status,
)
from handlers.shop.repository import CATALOGUE, Shop

TEA = Item(1, "Tea", 450, stock=5)
TOWEL = Item(42, "Towel", 1_990, stock=3)
PICTURE = Picture.of(b"GIF89a")


def stocks(shop: Shop) -> dict[int, int]:
    return {item.id: item.stock for item in shop.search(Search())}


def test_a_new_shop_sells_the_catalogue() -> None:
    assert Shop().search(Search()) == sorted(CATALOGUE, key=lambda item: item.id)


def test_a_search_finds_items_by_id() -> None:
    assert Shop([TOWEL, TEA]).search(Search(text="t")) == [TEA, TOWEL]


def test_an_unknown_item_is_named() -> None:
    with pytest.raises(ItemNotFound, match="no item 7"):
        Shop([TEA]).item(7)


def test_a_quote_prices_a_cart_and_reserves_nothing() -> None:
    shop = Shop([TEA])

    assert shop.quote(Cart({1: 2})) == (Line(1, "Tea", 2, 450),)
    assert stocks(shop) == {1: 5}


def test_placing_an_order_reserves_its_items() -> None:
    shop = Shop([TEA, TOWEL])
    order = shop.place_order("Arthur", Cart({1: 2, 42: 1}))

    assert stocks(shop) == {1: 3, 42: 2}
    assert shop.order(order.id) == order
    assert shop.orders() == [order]


@pytest.mark.parametrize(
    ("cart", "error"),
    [(Cart({1: 2, 42: 4}), OutOfStock), (Cart({1: 2, 7: 1}), ItemNotFound), (Cart(), EmptyCart)],
)
def test_an_order_that_fails_reserves_nothing(cart: Cart, error: type[ShopError]) -> None:
    shop = Shop([TEA, TOWEL])
    with pytest.raises(error):
        shop.place_order("Arthur", cart)

    assert stocks(shop) == {1: 5, 42: 3}
    assert shop.orders() == []


def test_a_confirmation_is_kept() -> None:
    shop = Shop([TEA])
    order = shop.place_order("Arthur", Cart({1: 1}))
    shop.confirm(order.id)

    assert shop.order(order.id).status is Status.CONFIRMED


def test_cancelling_returns_the_items_to_the_stock_once() -> None:
    shop = Shop([TEA])
    order = shop.place_order("Arthur", Cart({1: 4}))

    assert shop.cancel(order.id).status is Status.CANCELLED
    assert shop.cancel(order.id) == shop.order(order.id)
    assert stocks(shop) == {1: 5}


def test_an_unknown_order_is_named() -> None:
    shop, order_id = Shop(), uuid4()
    for act in (shop.order, shop.confirm, shop.cancel):
        with pytest.raises(OrderNotFound, match=f"no order {order_id}"):
            act(order_id)


def test_a_picture_replaces_an_earlier_one() -> None:
    shop = Shop([TEA])
    shop.put_picture(1, Picture.of(b"GIF87a"))
    shop.put_picture(1, PICTURE)

    assert shop.picture(1) == PICTURE


def test_an_item_without_a_picture_says_so() -> None:
    with pytest.raises(PictureNotFound, match=r"item 1 \(Tea\) has no picture"):
        Shop([TEA]).picture(1)


def test_an_unknown_item_takes_no_picture() -> None:
    with pytest.raises(ItemNotFound, match="no item 7"):
        Shop([TEA]).put_picture(7, PICTURE)


@pytest.fixture
def _hasty_threads() -> Generator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_hasty_threads")
def test_threads_never_sell_more_than_the_stock() -> None:
    shop = Shop([Item(1, "Tea", 450, stock=500)])

    def buy(_: int) -> bool:
        try:
            shop.place_order("Arthur", Cart({1: 1}))
        except OutOfStock:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        sold = sum(threads.map(buy, range(1_000)))

    assert (sold, stocks(shop), len(shop.orders())) == (500, {1: 0}, 500)
