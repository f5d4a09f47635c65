"""Where the shop keeps its items and orders."""

from collections.abc import Iterable
from threading import Lock
from uuid import UUID

from handlers.shop.domain import (
    Cart,
    Item,
    ItemNotFound,
    Line,
    Order,
    OrderNotFound,
    Picture,
    PictureNotFound,
    Search,
)

CATALOGUE = (
    Item(1, "Tea", 450, stock=120, tags=("drink",)),
    Item(2, "Babel fish", 129_900, stock=3, tags=("travel", "language")),
    Item(3, "Sub-etha radio", 8_950, stock=0, tags=("travel",)),
    Item(7, "Joo Janta sunglasses", 19_999, stock=8, tags=("clothing", "travel")),
    Item(12, "Dressing gown", 5_995, stock=25, tags=("clothing",)),
    Item(42, "Towel", 1_990, stock=64, tags=("clothing", "travel")),
)
"""What a new shop sells."""


class Shop:
    """A shop kept in memory; threads may share it.

    On Lambda every environment has a shop of its own, which is gone when the environment is.
    """

    def __init__(self, catalogue: Iterable[Item] = CATALOGUE) -> None:
        self._items = {item.id: item for item in catalogue}
        self._orders: dict[UUID, Order] = {}
        self._pictures: dict[int, Picture] = {}
        self._lock = Lock()

    def search(self, search: Search) -> list[Item]:
        """Return the items that a search accepts, by id."""
        with self._lock:
            items = sorted(self._items.values(), key=lambda item: item.id)
        return [item for item in items if search.accepts(item)]

    def item(self, item_id: int) -> Item:
        """Return one item; raises ItemNotFound."""
        try:
            return self._items[item_id]
        except KeyError:
            raise ItemNotFound(f"there is no item {item_id}") from None

    def quote(self, cart: Cart) -> tuple[Line, ...]:
        """Return what a cart costs now, without reserving anything; raises ItemNotFound."""
        wanted = [(self.item(item_id), quantity) for item_id, quantity in cart.quantities.items()]
        return tuple(Line(item.id, item.name, quantity, item.price_cents) for item, quantity in wanted)

    def place_order(self, customer: str, cart: Cart) -> Order:
        """Reserve everything in the cart, or nothing; raises EmptyCart, ItemNotFound, OutOfStock."""
        with self._lock:
            order = Order.place(customer, self.quote(cart))
            reserved = [self.item(line.item_id).reserve(line.quantity) for line in order.lines]
            self._items |= {item.id: item for item in reserved}
            self._orders[order.id] = order
        return order

    def orders(self) -> list[Order]:
        """Return every order, oldest first."""
        with self._lock:
            return list(self._orders.values())

    def order(self, order_id: UUID) -> Order:
        """Return one order; raises OrderNotFound."""
        try:
            return self._orders[order_id]
        except KeyError:
            raise OrderNotFound(f"there is no order {order_id}") from None

    def confirm(self, order_id: UUID) -> Order:
        """Confirm an order; raises OrderNotFound. A repeated call does no harm."""
        with self._lock:
            order = self._orders[order_id] = self.order(order_id).confirm()
        return order

    def cancel(self, order_id: UUID) -> Order:
        """Cancel an order and return its items to the stock; raises OrderNotFound. A repeated call does no harm."""
        with self._lock:
            order = self.order(order_id)
            cancelled = self._orders[order_id] = order.cancel()
            if cancelled is not order:
                restocked = [self.item(line.item_id).restock(line.quantity) for line in order.lines]
                self._items |= {item.id: item for item in restocked}
        return cancelled

    def picture(self, item_id: int) -> Picture:
        """Return the picture of an item; raises ItemNotFound, PictureNotFound."""
        item = self.item(item_id)
        try:
            return self._pictures[item.id]
        except KeyError:
            raise PictureNotFound(f"item {item.id} ({item.name}) has no picture") from None

    def put_picture(self, item_id: int, picture: Picture) -> None:
        """Keep a picture of an item in place of an earlier one; raises ItemNotFound."""
        self._pictures[self.item(item_id).id] = picture
