from typing import Any

from fastapi import FastAPI

from lambdakit.mangum import Mangum

app = FastAPI()
handler = Mangum(app)


@handler.on("sqs")
async def receive_orders(event: Any, context: Any) -> None:
    for record in event["Records"]:
        print(record["body"])
