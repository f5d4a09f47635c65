from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response

from handlers.shop.domain import Cart, ShopError
from handlers.shop.http import problems
from handlers.shop.http.dependencies import ShopDependency
from handlers.shop.http.schemas import CartResponse, LineRequest

router = APIRouter(prefix="/cart", tags=["cart"])

_COOKIE = "cart"
_ONE_WEEK = 7 * 24 * 60 * 60


async def _cart(cart: Annotated[str, Cookie()] = "") -> Cart:
    try:
        return _decode(cart)
    except (ValueError, ShopError):
        # Nobody can repair a cookie by hand, so a broken one is an empty cart.
        return Cart()


CartDependency = Annotated[Cart, Depends(_cart)]
"""The cart that the client carries in a cookie."""


@router.get("", responses=problems.documented(404))
async def read_cart(cart: CartDependency, shop: ShopDependency) -> CartResponse:
    """Show what is in the cart, at the prices of now."""
    return CartResponse.of(shop.quote(cart))


@router.post("/items", responses=problems.documented(404))
async def add_to_cart(
    line: LineRequest, cart: CartDependency, shop: ShopDependency, request: Request, response: Response
) -> CartResponse:
    """Put more of an item into the cart; nothing is reserved yet."""
    cart = cart.add(line.item_id, line.quantity)
    lines = shop.quote(cart)
    is_https = request.url.scheme == "https"
    response.set_cookie(_COOKIE, _encode(cart), max_age=_ONE_WEEK, secure=is_https, httponly=True, samesite="lax")
    return CartResponse.of(lines)


@router.delete("", status_code=204, response_class=Response)
async def empty_cart(response: Response) -> None:
    """Forget the cart."""
    forget_cart(response)


def forget_cart(response: Response) -> None:
    """Tell the client to drop its cart."""
    response.delete_cookie(_COOKIE)


def _encode(cart: Cart) -> str:
    # `2:1|42:3` is one of item 2 and three of item 42; nothing in it needs quoting in a cookie.
    return "|".join(f"{item_id}:{quantity}" for item_id, quantity in cart.quantities.items())


def _decode(cookie: str) -> Cart:
    lines = (line.split(":") for line in cookie.split("|") if line)
    return Cart.of((int(item_id), int(quantity)) for item_id, quantity in lines)
