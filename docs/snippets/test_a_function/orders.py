import logging

from fastapi import FastAPI, HTTPException

from lambdakit.asgi import LambdaApp

app = FastAPI()
orders: dict[int, str] = {}


@app.post("/orders", status_code=201)
async def place_order(item: str) -> dict[str, int]:
    number = len(orders) + 1
    orders[number] = item
    logging.getLogger(__name__).warning("order %d placed", number)
    return {"id": number}


@app.get("/orders/{number}")
async def read_order(number: int) -> dict[str, str]:
    if number not in orders:
        raise HTTPException(404)
    return {"item": orders[number]}


handler = LambdaApp(app)
