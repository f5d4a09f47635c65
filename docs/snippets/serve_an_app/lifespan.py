from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI, Request

from lambdakit.asgi import LambdaApp


class State(TypedDict):
    prices: dict[str, int]


@asynccontextmanager
async def open_shop(_app: FastAPI) -> AsyncGenerator[State]:
    print("the shop opens")
    yield {"prices": {"tea": 450}}
    print("the shop closes")


app = FastAPI(lifespan=open_shop)


@app.get("/prices/{name}")
async def read_price(name: str, request: Request) -> int:
    prices: dict[str, int] = request.state.prices
    return prices[name]


handler = LambdaApp(app, lifespan="on")
