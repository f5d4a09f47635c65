import csv
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from handlers.shop.domain import Cart, Order
from handlers.shop.http import problems
from handlers.shop.http.carts import CartDependency, forget_cart
from handlers.shop.http.dependencies import ShopDependency
from handlers.shop.http.schemas import OrderRequest, OrderResponse, StepResponse

router = APIRouter(prefix="/orders", tags=["orders"])

_COLUMNS = ("order_id", "placed_at", "status", "item_id", "name", "quantity", "price_cents")


@router.post("", status_code=201, responses=problems.documented(404, 409))
async def place_order(
    order_request: OrderRequest,
    cart: CartDependency,
    shop: ShopDependency,
    request: Request,
    response: Response,
    background: BackgroundTasks,
) -> OrderResponse:
    """Order the lines of the request, or without any the cart; the confirmation follows after the response."""
    if order_request.lines is None:
        forget_cart(response)
    else:
        cart = Cart.of((line.item_id, line.quantity) for line in order_request.lines)
    order = shop.place_order(order_request.customer, cart)
    background.add_task(shop.confirm, order.id)
    response.headers["Location"] = str(request.url_for("read_order", order_id=order.id))
    return OrderResponse.model_validate(order)


@router.get("/export.csv", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
async def export_orders(shop: ShopDependency) -> StreamingResponse:
    """Stream every ordered line as a row of a spreadsheet, oldest order first."""
    headers = {"Content-Disposition": 'attachment; filename="orders.csv"'}
    return StreamingResponse(_csv_rows(shop.orders()), media_type="text/csv", headers=headers)


async def _csv_rows(orders: list[Order]) -> AsyncIterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(_COLUMNS)
    for order in orders:
        for line in order.lines:
            start = (order.id, order.placed_at.isoformat(), order.status)
            yield writer.writerow((*start, line.item_id, line.name, line.quantity, line.price_cents))


class _Echo:
    """A file for `csv.writer`, whose `writerow` returns what `write` returns."""

    def write(self, row: str) -> str:
        return row


@router.get("/{order_id}", responses=problems.documented(404))
async def read_order(order_id: UUID, shop: ShopDependency) -> OrderResponse:
    """Read one order."""
    return OrderResponse.model_validate(shop.order(order_id))


@router.delete("/{order_id}", status_code=204, response_class=Response, responses=problems.documented(404))
async def cancel_order(order_id: UUID, shop: ShopDependency) -> None:
    """Cancel an order and return its items to the stock."""
    shop.cancel(order_id)


@router.get("/{order_id}/receipt", response_class=PlainTextResponse, responses=problems.documented(404, 409))
async def read_receipt(order_id: UUID, shop: ShopDependency) -> str:
    """Print the receipt of an order."""
    return shop.order(order_id).receipt()


async def _order(order_id: UUID, shop: ShopDependency) -> Order:
    # Found before the stream begins: afterwards it is too late for a 404.
    return shop.order(order_id)


@router.get("/{order_id}/events", response_class=EventSourceResponse, responses=problems.documented(404))
async def read_order_events(
    order: Annotated[Order, Depends(_order)], last_event_id: Annotated[int, Header(ge=0)] = 0
) -> AsyncIterable[ServerSentEvent]:
    """Tell what happened to an order so far, from the event after the client's last one, and end."""
    for number, step in enumerate(order.history[last_event_id:], start=last_event_id + 1):
        yield ServerSentEvent(id=str(number), event=step.status, data=StepResponse.model_validate(step))
