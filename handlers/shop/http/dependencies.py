"""What routes ask for, found once and in one place."""

from typing import Annotated, TypedDict

from fastapi import Depends, Path, Request

from handlers.shop.repository import Shop


class State(TypedDict):
    """What the lifespan shares with every request."""

    shop: Shop


async def _shop(request: Request) -> Shop:
    # It awaits nothing, but a plain `def` would send every request through the thread pool.
    shop: Shop = request.state.shop
    return shop


ShopDependency = Annotated[Shop, Depends(_shop)]
"""The shop of this app."""

ItemId = Annotated[int, Path(ge=1)]
"""The number of an item, in a path."""
