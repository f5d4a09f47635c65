"""What a function asks to be run around a snapshot and at the end of its environment."""

import atexit
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[[], Any])
Hook = Callable[[], Any]
"""A function without arguments, sync or async."""

_before: list[Hook] = []
_after: list[Hook] = []
_shutdown: list[Hook] = []


def before_snapshot(function: Function) -> Function:
    """Register a function, sync or async, that runs before the snapshot is taken; the last one runs first.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    _before.append(function)
    if library := _library_of_aws():
        library.register_before_snapshot(_run, function)
    return function


def after_restore(function: Function) -> Function:
    """Register a function, sync or async, that runs after each restore; the first one runs first."""
    _after.append(function)
    if library := _library_of_aws():
        library.register_after_restore(_run, function)
    return function


def on_shutdown(function: Function) -> Function:
    """Register a function, sync or async, that runs when the environment ends; the last one runs first.

    That is on SIGTERM under our runtime, and when the interpreter ends under any other host; AWS's own client kills a
    function without letting it end.
    """
    if not _shutdown:
        atexit.register(_run_shutdown)
    _shutdown.append(function)
    return function


def before_snapshot_hooks() -> list[Hook]:
    """Return the hooks in the order in which they run before a snapshot, those of AWS's library behind ours."""
    return [*_before[::-1], *_registered("get_before_snapshot")[::-1]]


def after_restore_hooks() -> list[Hook]:
    """Return the hooks in the order in which they run after a restore, those of AWS's library before ours."""
    return [*_registered("get_after_restore"), *_after]


def shutdown_hooks() -> list[Hook]:
    """Return the hooks in the order in which they run at the end."""
    return _shutdown[::-1]


def _library_of_aws() -> Any:
    """Return AWS's library of hooks where AWS's client runs them."""
    return import_module("snapshot_restore_py") if "awslambdaric" in sys.modules else None


def _registered(kind: str) -> list[Hook]:
    """Return what others have registered with AWS's library, where our runtime runs in place of AWS's client."""
    library = sys.modules.get("snapshot_restore_py")
    if library is None:
        return []
    found = getattr(library, kind)()
    # A function of ours that imports AWS's client has its own hooks there too, and they are to run once.
    return [partial(function, *arguments, **named) for function, arguments, named in found if function is not _run]


def _run_shutdown() -> None:
    for hook in shutdown_hooks():
        _run(hook)


def _run(hook: Hook) -> None:
    result = hook()
    if hasattr(result, "__await__"):
        import asyncio  # noqa: PLC0415 (plain hooks need no event loop)

        asyncio.run(_wait(result))


async def _wait(result: Any) -> None:
    await result
