import json
from typing import Any

from fastapi import FastAPI

from lambdakit.asgi import LambdaApp

app = FastAPI()
handler = LambdaApp(app)


@handler.on("sqs")
async def take_orders(event: Any, context: Any) -> dict[str, list[dict[str, str]]]:
    failed = [record["messageId"] for record in event["Records"] if not is_order(record["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def is_order(body: str) -> bool:
    return "item_id" in json.loads(body)


@handler.on("schedule")
def count_stock(event: Any, context: Any) -> None:
    print("counting the stock of", event["time"])


@handler.on("direct")
def answer_any_other(event: Any, context: Any) -> dict[str, Any]:
    return {"got": event}
