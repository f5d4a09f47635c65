"""Orders that come as messages of a queue, as a Lambda function: those that fail come again, the others do not."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,  # pyright: ignore[reportUnknownVariableType] (Powertools leaves a result open)
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import BaseModel

from handlers.shop.domain import Cart
from handlers.shop.repository import Shop

shop = Shop()
processor = BatchProcessor(event_type=EventType.SQS)


class WantedLine(BaseModel):
    """One line of an order that a message asks for."""

    item_id: int
    quantity: int = 1


class WantedOrder(BaseModel):
    """The order that a message asks for, as JSON."""

    customer: str
    lines: list[WantedLine]


def place_order(record: SQSRecord) -> str:
    """Place and confirm the order of one message; raises what makes the message fail."""
    wanted = WantedOrder.model_validate_json(record.body)
    cart = Cart.of((line.item_id, line.quantity) for line in wanted.lines)
    order = shop.place_order(wanted.customer, cart)
    return str(shop.confirm(order.id).id)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Place the orders of a batch, and name the messages whose orders cannot be placed."""
    return process_partial_response(event=event, record_handler=place_order, processor=processor, context=context)
