"""A bounded look at what modules hold: ids, random generators and sockets that were made in init."""

import os
import re
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, cast

_DEEPEST, _MOST, _MOST_OF_ONE = 4, 50_000, 200
_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_FEWEST_DIGITS = 6
"""How many different digits an id has at least; with fewer it is an example or stands for nothing."""
_LEAVES = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType, bytes, bytearray, int, float, complex)
_OWN = {"lambdakit", "lambdakit_zygote", "awslambdaric", "runtime_client", "snapshot_restore_py", "__main__"}

Route = tuple[Any, ...]
"""The name of a module, and the keys that lead from there to a value."""


class Found(NamedTuple):
    """Something that was found: how the code calls it, where it is, and what it was at the snapshot."""

    label: str
    route: Route
    value: Any


@dataclass
class Scan:
    """What was found; `uses_random` says that a module of the function's own holds the module `random` or a part."""

    ids: list[Found] = field(default_factory=list[Found])
    generators: list[Found] = field(default_factory=list[Found])
    sockets: list[Found] = field(default_factory=list[Found])
    uses_random: bool = False


def scan(found: Scan) -> None:
    """Look at the globals of all modules outside of the standard library, the function's own first and deepest."""
    # What a module took from there is a constant.
    seen = {id(value) for value in vars(sys.modules.get("uuid", sys)).values()}
    own, others = _list_modules()
    found.uses_random = any(map(_uses_random, own.values()))
    for modules, depth in ((own, _DEEPEST), (others, 1)):
        for name, module in modules.items():
            text = _read_source(module)
            for route, value in islice(_walk(name, module, depth, seen), _MOST):
                _note(found, route, value, text)


def look_up(route: Route) -> Any:
    """Return what is at a place now, as an id where it is one, or None when there is nothing."""
    value: Any = sys.modules.get(route[0])
    with suppress(Exception):
        for key in route[1:]:
            value = _children(value)[key]
        return _as_id(value) or value
    return None


def state_of(generator: Any) -> Any:
    """Return the state of a random generator, or None where it has none to show."""
    with suppress(Exception):
        return generator.getstate()
    return None


def _list_modules() -> tuple[dict[str, Any], dict[str, Any]]:
    own: dict[str, Any] = {}
    others: dict[str, Any] = {}
    root = os.environ.get("LAMBDA_TASK_ROOT", "") + os.sep
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        # What stands there need not be a module, and must not be asked like one: it may import others then.
        file = _children(module).get("__file__")
        if top in sys.stdlib_module_names or top in _OWN or not isinstance(file, str):
            continue
        is_own = file.startswith(root) and "site-packages" not in file
        (own if is_own else others)[name] = module
    return own, others


def _read_source(module: Any) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return Path(_children(module)["__file__"]).read_text(encoding="utf-8").lower().replace("-", "")
    return ""


def _uses_random(module: Any) -> bool:
    random: Any = sys.modules.get("random")
    owners = [value if value is random else getattr(value, "__self__", None) for value in _safe_values(module)]
    return random is not None and any(owner is random or owner is random._inst for owner in owners)  # noqa: SLF001


def _safe_values(module: Any) -> list[Any]:
    return [
        value for value in _children(module).values() if type(value) in {ModuleType, MethodType, BuiltinFunctionType}
    ]


def _walk(name: str, module: Any, depth: int, seen: set[int]) -> Iterator[tuple[Route, Any]]:
    waiting: deque[tuple[Route, Any]] = deque([((name,), module)])
    while waiting:
        route, value = waiting.popleft()
        for key, child in islice(_children(value).items(), _MOST_OF_ONE if len(route) > 1 else None):
            if id(child) in seen or issubclass(type(child), _LEAVES) or str(key).startswith("__"):
                continue
            seen.add(id(child))
            yield (*route, key), child
            if len(route) < depth and type(child) is not str:
                waiting.append(((*route, key), child))


def _children(value: Any) -> dict[Any, Any]:
    """Return what is inside of a value, without running any code of its class."""
    kind = cast("type[Any]", type(value))
    if issubclass(kind, dict):
        return dict(dict[Any, Any].items(value))
    if issubclass(kind, list | tuple):
        return dict(enumerate(cast("list[Any]", value)))
    try:
        return dict(object.__getattribute__(value, "__dict__"))
    except (AttributeError, TypeError):
        return {}


def _note(found: Scan, route: Route, value: Any, text: str) -> None:
    name = _as_id(value)
    if name and name not in text and name not in {each.value for each in found.ids} and not _is_configured(name):
        found.ids.append(Found(_label(route), route, name))
    elif _is_kind(value, "random", "Random") and not _is_kind(value, "random", "SystemRandom"):
        found.generators.append(Found(_label(route), route, state_of(value)))
    elif _is_kind(value, "socket", "socket"):
        found.sockets.append(Found(_label(route), route, value.fileno()))


def _as_id(value: Any) -> str | None:
    text = str(value) if _is_kind(value, "uuid", "UUID") else value
    if type(text) is not str or not _ID.fullmatch(text):
        return None
    digits = text.replace("-", "").lower()
    return digits if len(set(digits)) >= _FEWEST_DIGITS else None


def _is_configured(name: str) -> bool:
    return any(name == value.replace("-", "").lower() for value in os.environ.values())


def _is_kind(value: Any, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and issubclass(type(value), kind)


def _label(route: Route) -> str:
    first, *others = route
    return first + "".join(f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]" for key in others)
