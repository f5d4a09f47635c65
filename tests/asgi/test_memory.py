"""A warm environment neither grows nor starts threads."""

import gc
import threading

import psutil
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from lambdakit.asgi import LambdaApp
from tests.asgi.apps import EVERY_FORMAT, Deadline, make_event, serving

REQUESTS = 20_000
WARM_UP = 4_000
MOST_GROWTH = 1024 * 1024


class Order(BaseModel):
    sku: str


def make_shop() -> FastAPI:
    """Return an app with async and sync routes and with one that fails."""
    shop = FastAPI()

    @shop.get("/items/{item_id}")
    async def read_item(item_id: int) -> dict[str, int]:  # pyright: ignore[reportUnusedFunction]
        return {"id": item_id}

    @shop.post("/orders", status_code=201)
    def place_order(order: Order) -> Order:  # pyright: ignore[reportUnusedFunction]
        return order

    return shop


def mixed_events() -> list[dict[str, object]]:
    """Return requests of every source: found, invalid, missing, sync and async."""
    json_type = [(b"content-type", b"application/json")]
    events: list[dict[str, object]] = []
    for via in EVERY_FORMAT:
        events += [
            make_event("/items/42", via=via, query="a=1&b=%20"),
            make_event("/items/none", via=via),
            make_event("/nowhere", via=via),
            make_event("/orders", via=via, method="POST", headers=json_type, body=b'{"sku": "a"}'),
            make_event("/orders", via=via, method="POST", headers=json_type, body=b"{"),
        ]
    return events


def call_often(handler: LambdaApp, times: int) -> None:
    events, context = mixed_events(), Deadline(29_000)
    for index in range(times):
        handler(events[index % len(events)], context)


@pytest.mark.timeout(300)
def test_twenty_thousand_mixed_requests_grow_memory_by_at_most_one_mebibyte() -> None:
    process = psutil.Process()
    with serving(make_shop()) as handler:
        call_often(handler, WARM_UP)
        gc.collect()
        before = process.memory_info().rss
        call_often(handler, REQUESTS)
        gc.collect()
        growth = process.memory_info().rss - before

    print(f"growth over {REQUESTS:,} requests: {growth / 1024:,.0f} KiB")  # noqa: T201 (the figure is the point)
    assert growth <= MOST_GROWTH


@pytest.mark.requirement("loop-kept")
def test_sync_and_async_routes_start_no_thread_once_they_are_warm() -> None:
    started: list[str] = []

    def note_thread(*_: object) -> None:
        started.append(threading.current_thread().name)

    with serving(make_shop()) as handler:
        call_often(handler, 100)
        threading.settrace(note_thread)
        try:
            call_often(handler, 400)
        finally:
            threading.settrace(None)  # pyright: ignore[reportArgumentType] (None is how it is switched off)

    assert started == []
