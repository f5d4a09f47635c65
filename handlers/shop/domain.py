"""What a shop sells and how it sells it, whoever asks: an HTTP API, a tool, a job.

Prices are whole cents, so that sums stay exact. Values are frozen: a rule returns a new one and changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar
from uuid import UUID, uuid4


class ShopError(Exception):
    """A rule of the shop was broken; the code names the rule and stays the same in every release."""

    code: ClassVar[str]


class ItemNotFound(ShopError):
    """No item has this id."""

    code = "item_not_found"


class OrderNotFound(ShopError):
    """No order has this id."""

    code = "order_not_found"


class PictureNotFound(ShopError):
    """The item has no picture."""

    code = "picture_not_found"


class OutOfStock(ShopError):
    """More was wanted of an item than there is."""

    code = "out_of_stock"


class OrderCancelled(ShopError):
    """A cancelled order has no receipt."""

    code = "order_cancelled"


class EmptyCart(ShopError):
    """An order needs at least one item."""

    code = "empty_cart"


class InvalidQuantity(ShopError):
    """A quantity is at least one."""

    code = "invalid_quantity"


class UnsupportedPicture(ShopError):
    """The bytes are not a picture of a format that the shop shows."""

    code = "unsupported_picture"


@dataclass(frozen=True, slots=True)
class Item:
    """Something for sale and how many of it are left."""

    id: int
    name: str
    price_cents: int
    stock: int
    tags: tuple[str, ...] = ()

    def reserve(self, quantity: int) -> "Item":
        """Return the item with less stock; raises OutOfStock."""
        if quantity > self.stock:
            raise OutOfStock(f"{quantity} of item {self.id} ({self.name}) wanted, {self.stock} left")
        return replace(self, stock=self.stock - quantity)

    def restock(self, quantity: int) -> "Item":
        """Return the item with more stock."""
        return replace(self, stock=self.stock + quantity)


@dataclass(frozen=True, slots=True)
class Search:
    """What a customer looks for; the default accepts every item."""

    text: str = ""
    tags: frozenset[str] = frozenset()
    max_price_cents: int | None = None
    in_stock: bool = False

    def accepts(self, item: Item) -> bool:
        """Whether the item carries the text in its name, all the tags, and the wanted price and stock."""
        return (
            self.text.casefold() in item.name.casefold()
            and self.tags.issubset(item.tags)
            and (self.max_price_cents is None or item.price_cents <= self.max_price_cents)
            and (item.stock > 0 or not self.in_stock)
        )


@dataclass(frozen=True, slots=True)
class Cart:
    """How many of which item a customer wants, by item id."""

    quantities: Mapping[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of(cls, wanted: Iterable[tuple[int, int]]) -> "Cart":
        """Return a cart for pairs of item id and quantity; those of one item add up. Raises InvalidQuantity."""
        cart = cls()
        for item_id, quantity in wanted:
            cart = cart.add(item_id, quantity)
        return cart

    def add(self, item_id: int, quantity: int) -> "Cart":
        """Return the cart with more of one item; raises InvalidQuantity."""
        if quantity < 1:
            raise InvalidQuantity(f"{quantity} of item {item_id} wanted, expected at least 1")
        return Cart({**self.quantities, item_id: self.quantities.get(item_id, 0) + quantity})


@dataclass(frozen=True, slots=True)
class Line:
    """A number of one item at the price of the moment."""

    item_id: int
    name: str
    quantity: int
    price_cents: int

    @property
    def total_cents(self) -> int:
        """The price of all of them."""
        return self.quantity * self.price_cents


def total_cents(lines: Iterable[Line]) -> int:
    """Return the price of all lines."""
    return sum(line.total_cents for line in lines)


class Status(StrEnum):
    """How far an order has come."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """A status that an order reached, and when (UTC)."""

    status: Status
    at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer ordered and all that happened to it, oldest first."""

    id: UUID
    customer: str
    lines: tuple[Line, ...]
    history: tuple[Step, ...]

    @classmethod
    def place(cls, customer: str, lines: tuple[Line, ...]) -> "Order":
        """Return a new order; raises EmptyCart."""
        if not lines:
            raise EmptyCart("an order needs at least one item")
        return cls(uuid4(), customer, lines, (_step(Status.PLACED),))

    @property
    def status(self) -> Status:
        """The latest status."""
        return self.history[-1].status

    @property
    def placed_at(self) -> datetime:
        """The moment of the first step (UTC)."""
        return self.history[0].at

    @property
    def total_cents(self) -> int:
        """The price of the whole order."""
        return total_cents(self.lines)

    def confirm(self) -> "Order":
        """Return the order confirmed, or as it is when it was confirmed or cancelled before."""
        return self._advance(Status.CONFIRMED) if self.status is Status.PLACED else self

    def cancel(self) -> "Order":
        """Return the order cancelled, or as it is when it was cancelled before."""
        return self if self.status is Status.CANCELLED else self._advance(Status.CANCELLED)

    def _advance(self, status: Status) -> "Order":
        return replace(self, history=(*self.history, _step(status)))

    def receipt(self) -> str:
        """Return the receipt as plain text; raises OrderCancelled."""
        if self.status is Status.CANCELLED:
            raise OrderCancelled(f"order {self.id} was cancelled, so it has no receipt")
        rows = [f"{line.quantity:>3} x {line.name:<20} {_euros(line.total_cents):>12}" for line in self.lines]
        return "\n".join((f"Order {self.id}", *rows, f"{'Total':<26} {_euros(self.total_cents):>12}", ""))


def _step(status: Status) -> Step:
    return Step(status, datetime.now(UTC))


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02} EUR"


_SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What an item looks like."""

    content: bytes
    content_type: str
    digest: str
    """SHA-256 of the content, in hexadecimal digits."""

    @classmethod
    def of(cls, content: bytes) -> "Picture":
        """Recognise the format by the first bytes, whatever the sender claims; raises UnsupportedPicture."""
        for content_type, signature in _SIGNATURES.items():
            if content.startswith(signature):
                return cls(content, content_type, sha256(content).hexdigest())
        raise UnsupportedPicture(f"the picture is none of {', '.join(_SIGNATURES)}")
