import asyncio
from collections.abc import AsyncIterable
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from handlers.shop.domain import Item, Picture
from handlers.shop.http import problems
from handlers.shop.http.dependencies import ItemId, ShopDependency
from handlers.shop.http.schemas import ItemPage, ItemResponse, ItemSearch, StockResponse

router = APIRouter(prefix="/items", tags=["items"])
short_links = APIRouter(prefix="/i", tags=["items"])

# The function's time-out is 29 seconds; a browser that wants to know more connects again by itself.
_LONGEST_WATCH = 25
# Lambda takes 6 MB of event, in which a picture travels as Base64: a third larger.
_PICTURE_LIMIT = 4 * 1024 * 1024
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The client's copy is the latest."}}

IfNoneMatch = Annotated[str | None, Header()]
"""The entity tags of the copies that the client has."""


@router.get("")
async def list_items(search: Annotated[ItemSearch, Query()], shop: ShopDependency) -> ItemPage:
    """List the items that meet every condition, by id."""
    found = shop.search(search.to_search())
    page = found[search.offset : search.offset + search.limit]
    return ItemPage(total=len(found), items=[ItemResponse.model_validate(item) for item in page])


@router.head("/{item_id}", response_model=ItemResponse, include_in_schema=False)
@router.get("/{item_id}", response_model=ItemResponse, responses=_UNCHANGED | problems.documented(404))
async def read_item(
    item_id: ItemId, shop: ShopDependency, response: Response, if_none_match: IfNoneMatch = None
) -> ItemResponse | Response:
    """Read one item, or nothing when the client's copy is still good."""
    body = ItemResponse.model_validate(shop.item(item_id))
    headers = {"ETag": _entity_tag(sha256(body.model_dump_json().encode()).hexdigest()), "Cache-Control": "no-cache"}
    if _is_unchanged(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return body


@router.get(
    "/{item_id}/picture",
    response_class=Response,
    responses=_UNCHANGED | problems.documented(404) | {200: {"content": {"image/*": {}}}},
)
async def read_picture(item_id: ItemId, shop: ShopDependency, if_none_match: IfNoneMatch = None) -> Response:
    """Download the picture of an item."""
    picture = shop.picture(item_id)
    headers = {"ETag": _entity_tag(picture.digest), "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if _is_unchanged(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(picture.content, media_type=picture.content_type, headers=headers)


@router.put(
    "/{item_id}/picture",
    status_code=204,
    response_class=Response,
    max_body_size=_PICTURE_LIMIT,
    responses=problems.documented(404, 415) | {413: {"description": "The picture is too large."}},
)
def replace_picture(item_id: ItemId, picture: UploadFile, shop: ShopDependency) -> None:
    """Upload the picture of an item: PNG, JPEG or GIF."""
    # A plain function: reading a spooled file and hashing it would hold up the event loop.
    shop.put_picture(item_id, Picture.of(picture.file.read()))


async def _item(item_id: ItemId, shop: ShopDependency) -> Item:
    # Found before the stream begins: afterwards it is too late for a 404.
    return shop.item(item_id)


@router.get("/{item_id}/stock", response_class=EventSourceResponse, responses=problems.documented(404))
async def watch_stock(
    item: Annotated[Item, Depends(_item)],
    shop: ShopDependency,
    seconds: Annotated[int, Query(ge=0, le=_LONGEST_WATCH)] = 3,
) -> AsyncIterable[ServerSentEvent]:
    """Tell how many of an item are left: at once, and then every second."""
    for second in range(seconds + 1):
        await asyncio.sleep(min(second, 1))
        stock = StockResponse.model_validate(shop.item(item.id))
        yield ServerSentEvent(id=str(second), event="stock", data=stock)


@short_links.get("/{item_id}", status_code=308, response_class=RedirectResponse, responses=problems.documented(404))
async def follow_short_link(item_id: ItemId, shop: ShopDependency, request: Request) -> str:
    """Redirect to an item, from an address that is short enough for a price tag."""
    return str(request.url_for("read_item", item_id=shop.item(item_id).id))


def _entity_tag(digest: str) -> str:
    return f'"{digest[:32]}"'


def _is_unchanged(entity_tag: str, if_none_match: str | None) -> bool:
    """Compare as RFC 9110 section 13.1.2 says: weakly, and `*` matches anything."""
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return entity_tag in known or "*" in known
