"""What a function asks to be run around a snapshot and at the end of its environment."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[[], Any])

_before: list[Callable[[], Any]] = []
_after: list[Callable[[], Any]] = []
_shutdown: list[Callable[[], Any]] = []


def before_snapshot(function: Function) -> Function:
    """Register a function, sync or async, that runs before the snapshot is taken; the last one runs first.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    _before.append(function)
    return function


def after_restore(function: Function) -> Function:
    """Register a function, sync or async, that runs after each restore; the first one runs first."""
    _after.append(function)
    return function


def on_shutdown(function: Function) -> Function:
    """Register a function, sync or async, that runs when the environment ends."""
    _shutdown.append(function)
    return function


def before_snapshot_hooks() -> list[Callable[[], Any]]:
    """Return the hooks in the order in which they run before a snapshot."""
    return _before[::-1]


def after_restore_hooks() -> list[Callable[[], Any]]:
    """Return the hooks in the order in which they run after a restore."""
    return list(_after)


def shutdown_hooks() -> list[Callable[[], Any]]:
    """Return the hooks in the order in which they run at the end."""
    return list(_shutdown)
