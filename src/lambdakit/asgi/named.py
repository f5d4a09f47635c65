"""A handler for what a name stands for."""

from collections.abc import Callable
from typing import Any

from lambdakit import settings
from lambdakit.asgi.app import LambdaApp
from lambdakit.asgi.loading import find, is_handler
from lambdakit.errors import AppNotFound


def make_handler(name: str | None) -> Callable[[Any, Any], Any]:
    """Return the handler for what a name stands for; a Lambda handler is returned as it is.

    Raises:
        AppNotFound: The name is missing or leads nowhere.
        NotAnApp: It leads to something else.
    """
    if not name:
        raise AppNotFound(
            f"{settings.APP} is not set", where="the environment", fix=f"set {settings.APP}=package.module:attribute"
        )
    found = find(name)
    return found if is_handler(found) else LambdaApp(name)
