from asyncio import sleep
from typing import Any

from fastapi import FastAPI, Request

from lambdakit.asgi import LambdaApp

SUPPLIERS = ("north", "south", "west")
TIME_TO_ANSWER = 1_000

app = FastAPI()


@app.get("/offers")
async def collect_offers(request: Request) -> dict[str, Any]:
    offers: list[str] = []
    for supplier in SUPPLIERS:
        if not has_time(request):
            break
        offers.append(await ask(supplier))
    return {"offers": offers, "complete": len(offers) == len(SUPPLIERS)}


def has_time(request: Request) -> bool:
    context = request.scope.get("aws.context")
    return context is None or context.get_remaining_time_in_millis() > TIME_TO_ANSWER


async def ask(supplier: str) -> str:
    await sleep(0.4)
    return f"an offer from the {supplier}"


handler = LambdaApp(app)
