"""Find the app that a name, a factory or an object stands for."""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from traceback import extract_tb
from typing import Any, cast

from lambdakit.asgi.types import App
from lambdakit.errors import AppNotFound, AppNotImportable, NotAnApp

_FIX = "name an ASGI app (a FastAPI or Starlette object) or a function without arguments that returns one"


async def load_app(reference: object) -> App:
    """Return the ASGI app behind an object, a factory or `module:attribute`.

    Runs inside the loop, as apps do under a server, so that code at module level finds it running.

    Raises:
        AppNotFound: The name leads nowhere.
        AppNotImportable: Its module cannot be imported.
        NotAnApp: It leads to something that is neither an app nor a factory of one.
    """
    found = find(reference) if isinstance(reference, str) else reference
    if is_app(found):
        return cast("App", found)
    if _takes(found, 0):
        made = cast("Callable[[], Any]", found)()
        made = await made if inspect.isawaitable(made) else made
        if is_app(made):
            return made
        raise NotAnApp(f"the factory {_name(reference)} returned {_describe(made)}, no ASGI app", fix=_FIX)
    if is_handler(found):
        raise NotAnApp(
            f"{_name(reference)} is a Lambda handler, no ASGI app", fix="declare it as the function's handler"
        )
    raise NotAnApp(f"{_name(reference)} is {_describe(found)}, no ASGI app", fix=_FIX)


def find(name: str) -> Any:
    """Return the object that `module:attribute` names; the attribute may have dots.

    Raises:
        AppNotFound: The name is malformed, or its module or attribute does not exist.
        AppNotImportable: The module imports something that is missing, or is no Python. What else it raises while it
            is imported is passed on as it is.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise AppNotFound(f"{name!r} does not name an app", fix="write it as 'package.module:attribute'")
    found: Any = _import(module_name, name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = get_close_matches(part, [each for each in dir(found) if not each.startswith("_")], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"define {part!r} there or name what is there"
            raise AppNotFound(f"there is no {part!r}", where=name, fix=hint)
        found = getattr(found, part)
    return found


def _import(module_name: str, name: str) -> Any:
    try:
        return import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _not_importable(module_name, error) from error
        fix = "check the name and run from the folder that holds it"
        raise AppNotFound(f"there is no module {error.name!r}", where=name, fix=fix) from error
    except (ImportError, SyntaxError) as error:
        raise _not_importable(module_name, error) from error


def _not_importable(module_name: str, error: ImportError | SyntaxError) -> AppNotImportable:
    if isinstance(error, SyntaxError):
        where, fix = f"{error.filename}:{error.lineno}", "correct that line"
    else:
        frames = [frame for frame in extract_tb(error.__traceback__) if "importlib" not in frame.filename]
        where, fix = f"{frames[-1].filename}:{frames[-1].lineno}", "correct the import, or install what it names"
    return AppNotImportable(f"{module_name} cannot be imported: {error.msg}", where=where, fix=fix)


def is_app(value: object) -> bool:
    """Say whether a value can be called with a scope, receive and send."""
    return _takes(value, 3)


def is_handler(value: object) -> bool:
    """Say whether a value can be called with an event and a context, and with nothing else."""
    return _takes(value, 2) and not _takes(value, 3) and not _takes(value, 0)


def _takes(value: object, count: int) -> bool:
    if not callable(value):
        return False
    try:
        inspect.signature(value).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        # Compiled callables may hide their signature; an app is the likeliest thing to be named here.
        return count == 3  # noqa: PLR2004 (scope, receive, send)
    return True


def _name(reference: object) -> str:
    return repr(reference) if isinstance(reference, str) else getattr(reference, "__name__", "what was given")


def _describe(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
