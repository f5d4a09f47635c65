from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from handlers.shop.http import carts, items, orders, problems
from handlers.shop.http.dependencies import State
from handlers.shop.repository import Shop

_BODY_LIMIT = 64 * 1024


@asynccontextmanager
async def _open_shop(_app: FastAPI) -> AsyncGenerator[State]:
    yield {"shop": Shop()}


def create_app() -> FastAPI:
    """Return a new app; each opens a shop of its own when it starts."""
    app = FastAPI(
        title="Shop",
        lifespan=_open_shop,
        exception_handlers=problems.HANDLERS,
        responses=problems.documented(422),
        max_body_size=_BODY_LIMIT,
        # Clients are generated from these, so they are the names in the code.
        generate_unique_id_function=lambda route: route.name,
    )
    for router in (items.router, items.short_links, carts.router, orders.router):
        app.include_router(router)
    return app
