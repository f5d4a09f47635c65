import ast
import inspect
import sys
from datetime import UTC, datetime
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shop import domain, repository
from handlers.shop.domain import (
    Cart,
    EmptyCart,
    InvalidQuantity,
    Item,
    Line,
    Order,
    OrderCancelled,
    OutOfStock,
    Picture,
    Search,
    ShopError,
    Status,
    UnsupportedPicture,
)

TOWEL = Item(42, "Towel", 1_990, stock=3, tags=("clothing", "travel"))
TWO_TOWELS = Line(42, "Towel", 2, 1_990)
TEA = Line(1, "Tea", 1, 450)


def test_reserving_takes_from_the_stock_and_leaves_the_old_value_alone() -> None:
    assert TOWEL.reserve(2).stock == 1
    assert TOWEL.stock == 3


def test_the_last_piece_can_be_reserved() -> None:
    assert TOWEL.reserve(3).stock == 0


def test_more_than_the_stock_cannot_be_reserved() -> None:
    with pytest.raises(OutOfStock, match=r"4 of item 42 \(Towel\) wanted, 3 left"):
        TOWEL.reserve(4)


@pytest.mark.parametrize(
    ("search", "is_accepted"),
    [
        (Search(), True),
        (Search(text="tOWe"), True),
        (Search(text="gown"), False),
        (Search(tags=frozenset({"travel"})), True),
        (Search(tags=frozenset({"travel", "clothing"})), True),
        (Search(tags=frozenset({"travel", "drink"})), False),
        (Search(max_price_cents=1_990), True),
        (Search(max_price_cents=1_989), False),
        (Search(in_stock=True), True),
    ],
)
def test_a_search_accepts_what_meets_every_condition(search: Search, *, is_accepted: bool) -> None:
    assert search.accepts(TOWEL) is is_accepted


def test_a_search_can_leave_out_what_is_sold_out() -> None:
    assert not Search(in_stock=True).accepts(TOWEL.reserve(3))


def test_a_cart_adds_up_the_quantities_of_an_item() -> None:
    assert Cart.of([(42, 1), (1, 1), (42, 2)]).quantities == {42: 3, 1: 1}


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_cart_refuses_a_quantity_below_one(quantity: int) -> None:
    with pytest.raises(InvalidQuantity, match=f"{quantity} of item 42"):
        Cart().add(42, quantity)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 10**9))))
def test_the_total_of_an_order_is_exact(amounts: list[tuple[int, int]]) -> None:
    lines = (TEA, *(Line(1, "Tea", quantity, price) for quantity, price in amounts))

    assert Order.place("Arthur", lines).total_cents == 450 + sum(quantity * price for quantity, price in amounts)


def test_an_order_needs_a_line() -> None:
    with pytest.raises(EmptyCart):
        Order.place("Arthur", ())


def test_an_order_remembers_each_step() -> None:
    before = datetime.now(UTC)
    order = Order.place("Arthur", (TEA,)).confirm().cancel()

    assert [step.status for step in order.history] == [Status.PLACED, Status.CONFIRMED, Status.CANCELLED]
    assert before <= order.placed_at <= order.history[1].at <= order.history[2].at


def test_an_order_is_confirmed_once() -> None:
    order = Order.place("Arthur", (TEA,)).confirm()

    assert order.confirm() == order


def test_a_cancelled_order_stays_cancelled() -> None:
    order = Order.place("Arthur", (TEA,)).cancel()

    assert order.confirm() == order.cancel() == order


def test_a_receipt_shows_every_line_and_the_total() -> None:
    order = Order.place("Arthur", (TWO_TOWELS, TEA))

    assert order.receipt().splitlines() == [
        f"Order {order.id}",
        "  2 x Towel                   39.80 EUR",
        "  1 x Tea                      4.50 EUR",
        "Total                         44.30 EUR",
    ]


def test_a_cancelled_order_has_no_receipt() -> None:
    with pytest.raises(OrderCancelled, match="was cancelled"):
        Order.place("Arthur", (TEA,)).cancel().receipt()


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
    ],
)
def test_a_picture_is_recognised_by_its_first_bytes(content: bytes, content_type: str) -> None:
    assert Picture.of(content).content_type == content_type


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PN"])
def test_other_bytes_are_no_picture(content: bytes) -> None:
    with pytest.raises(UnsupportedPicture, match="image/png, image/jpeg, image/gif"):
        Picture.of(content)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in ShopError.__subclasses__()]

    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("module", [domain, repository], ids=lambda module: module.__name__)
def test_the_rules_need_nothing_but_the_standard_library(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names | {"handlers"}
    assert {name for name in imported if name.startswith("handlers")} <= {"handlers.shop.domain"}
