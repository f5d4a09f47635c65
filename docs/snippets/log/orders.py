import logging

from fastapi import FastAPI

from lambdakit.asgi import LambdaApp
from lambdakit.observability import AccessLog, setup

setup(service="shop")
logger = logging.getLogger(__name__)

app = FastAPI()
app.add_middleware(AccessLog)


@app.post("/orders/{order_id}")
async def place_order(order_id: int) -> dict[str, int]:
    logger.info("order placed", extra={"order_id": order_id, "card_token": "tok_4242"})
    return {"id": order_id}


handler = LambdaApp(app)
