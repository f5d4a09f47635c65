"""The apps under measure, the same for every contestant."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

EVENTS, PAUSE = 8, 0.1
"""How many server-sent events a stream has, and the seconds between them."""
TASK_SECONDS = 0.5
SLOW_SECONDS = 1.0


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """The least an app can do: read the body, answer, and have a lifespan."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    message = await receive()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"length":%d}' % len(message["body"])})


class Item(BaseModel):
    name: str
    price: int
    note: str


api = FastAPI()
completed: list[int] = []


@api.get("/items/{item_id}")
async def read_item(item_id: int) -> dict[str, int]:
    return {"id": item_id}


@api.get("/sync/items/{item_id}")
def read_item_in_a_thread(item_id: int) -> dict[str, int]:
    return {"id": item_id}


@api.post("/items")
async def create_item(item: Item) -> Item:
    return item


@api.get("/events")
async def stream_events() -> StreamingResponse:
    async def produce() -> AsyncGenerator[str]:
        for number in range(EVENTS):
            yield f"data: {number}\n\n"
            await asyncio.sleep(PAUSE)

    return StreamingResponse(produce(), media_type="text/event-stream")


@api.post("/orders")
async def order(tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(send_receipt)
    return {"ok": True}


async def send_receipt() -> None:
    await asyncio.sleep(TASK_SECONDS)
    completed.append(1)


@api.get("/completed")
async def count_completed() -> int:
    return len(completed)


@api.get("/slow")
async def wait() -> dict[str, bool]:
    await asyncio.sleep(SLOW_SECONDS)
    return {"ok": True}


@api.get("/sync/slow")
def wait_in_a_thread() -> dict[str, bool]:
    time.sleep(SLOW_SECONDS)
    return {"ok": True}
