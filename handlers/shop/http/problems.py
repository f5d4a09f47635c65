"""How the HTTP API says no: every refusal has one shape and a code that a program can rely on."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from handlers.shop.domain import (
    EmptyCart,
    InvalidQuantity,
    ItemNotFound,
    OrderCancelled,
    OrderNotFound,
    OutOfStock,
    PictureNotFound,
    ShopError,
    UnsupportedPicture,
)

STATUSES: Mapping[type[ShopError], HTTPStatus] = {
    ItemNotFound: HTTPStatus.NOT_FOUND,
    OrderNotFound: HTTPStatus.NOT_FOUND,
    PictureNotFound: HTTPStatus.NOT_FOUND,
    OutOfStock: HTTPStatus.CONFLICT,
    OrderCancelled: HTTPStatus.CONFLICT,
    EmptyCart: HTTPStatus.CONFLICT,
    InvalidQuantity: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsupportedPicture: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
"""The HTTP status for each broken rule of the shop."""


class Mistake(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(examples=["body.lines.0.quantity"])
    message: str


class Problem(BaseModel):
    """Why a request was refused."""

    code: str = Field(description="Names the reason; stays the same in every release.", examples=["out_of_stock"])
    detail: str
    mistakes: list[Mistake] = []


async def _refuse_by_rule(_request: Request, error: ShopError) -> Response:
    return _response(STATUSES[type(error)], Problem(code=error.code, detail=str(error)))


async def _refuse_invalid(_request: Request, error: RequestValidationError) -> Response:
    # Places and messages only: the input itself may hold a secret.
    mistakes = [Mistake(where=".".join(map(str, each["loc"])), message=each["msg"]) for each in error.errors()]
    problem = Problem(code="invalid_request", detail="the request has mistakes", mistakes=mistakes)
    return _response(HTTPStatus.UNPROCESSABLE_ENTITY, problem)


async def _refuse_by_framework(_request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    return _response(status, Problem(code=status.name.lower(), detail=error.detail), error.headers)


def _response(status: HTTPStatus, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(problem.model_dump_json(exclude_unset=True), status, headers, media_type="application/json")


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ShopError: _refuse_by_rule,
    RequestValidationError: _refuse_invalid,
    HTTPException: _refuse_by_framework,
}
"""What `FastAPI(exception_handlers=...)` takes."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what `responses=` takes to describe problems with these statuses."""
    return {status: {"model": Problem} for status in statuses}
