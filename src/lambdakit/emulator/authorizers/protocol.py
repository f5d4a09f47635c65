"""What stands between a front door and its function: something that lets a request pass or answers it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from lambdakit.events import Gateway, Request, Response


class Authorized(NamedTuple):
    """What a request that may pass brings into its event.

    `context` stands under `requestContext.authorizer`, `identity` is merged into `requestContext.identity`, which only
    REST APIs have.
    """

    context: Mapping[str, Any] | None = None
    identity: Mapping[str, Any] | None = None


class Authorizer(Protocol):
    """Decides who may call a function, as one of AWS's gateways does."""

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:
        """Let a request pass, or return what the gateway answers in place of the function.

        `request` is as on the wire; the stage of an API is its `root_path`.
        """
        ...
