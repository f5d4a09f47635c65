"""What the HTTP API accepts and answers, and how it maps to the shop's own values."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from handlers.shop.domain import Line, Search, Status, total_cents

_TEXT_LIMIT = 80
_LINES_LIMIT = 50
_PAGE_LIMIT = 100


class _ResponseModel(BaseModel):
    # Responses are built from the shop's own values, which are dataclasses.
    model_config = ConfigDict(from_attributes=True)


class _RequestModel(BaseModel):
    # A misspelt field is a mistake to tell, not to pass over.
    model_config = ConfigDict(extra="forbid")


class ItemResponse(_ResponseModel):
    """An item for sale."""

    id: int
    name: str
    price_cents: int
    stock: int
    tags: tuple[str, ...]


class StockResponse(_ResponseModel):
    """How many of an item are left."""

    stock: int


class ItemPage(_ResponseModel):
    """A part of the items that a search found."""

    total: int = Field(description="How many items the search found in all.")
    items: list[ItemResponse]


class LineResponse(_ResponseModel):
    """A number of one item with its price."""

    item_id: int
    name: str
    quantity: int
    price_cents: int
    total_cents: int


class CartResponse(_ResponseModel):
    """What is in a cart, at the prices of now."""

    lines: list[LineResponse]
    total_cents: int

    @classmethod
    def of(cls, lines: tuple[Line, ...]) -> "CartResponse":
        """Add up the lines of a cart."""
        return cls(lines=[LineResponse.model_validate(line) for line in lines], total_cents=total_cents(lines))


class StepResponse(_ResponseModel):
    """A status that an order reached."""

    status: Status
    at: datetime


class OrderResponse(_ResponseModel):
    """An order and how far it has come."""

    id: UUID
    customer: str
    status: Status
    placed_at: datetime
    lines: list[LineResponse]
    total_cents: int


class ItemSearch(_RequestModel):
    """Which items to list; every condition narrows the search."""

    text: str = Field("", max_length=_TEXT_LIMIT, description="A part of the name, in any case.")
    tag: list[str] = Field([], max_length=10, description="Repeat it to ask for several tags at once.")
    max_price_cents: int | None = Field(None, ge=0)
    in_stock: bool = False
    offset: int = Field(0, ge=0)
    limit: int = Field(20, ge=1, le=_PAGE_LIMIT)

    def to_search(self) -> Search:
        """Return the search without its paging."""
        return Search(self.text, frozenset(self.tag), self.max_price_cents, self.in_stock)


class LineRequest(_RequestModel):
    """A number of one item."""

    item_id: int
    quantity: int = Field(1, ge=1, le=99)


class OrderRequest(_RequestModel):
    """Who orders what; lines for the same item add up."""

    customer: str = Field(min_length=1, max_length=_TEXT_LIMIT, examples=["Arthur Dent"])
    lines: list[LineRequest] | None = Field(
        None, min_length=1, max_length=_LINES_LIMIT, description="Left out: everything in the cart."
    )
