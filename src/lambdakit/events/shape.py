"""What the fields of an event must look like, used to say which one does not.

Decoding trusts an event and looks here only after it failed, so that a good event pays nothing for the check.
"""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeGuard

_LONGEST_SHOWN = 60
# Bounded in depth and size: an event may be nested deeper than `repr` recurses.
_representation = reprlib.Repr()
_representation.maxstring = _LONGEST_SHOWN

Check = Callable[[Any], str | None]
"""Takes a value and returns what is wrong with it, or None."""


def is_table(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is an object, in JSON's sense."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a list."""
    return isinstance(value, list)


class Field(NamedTuple):
    """A field of an event: its dotted place, what it must be, and whether it may be missing."""

    place: str
    check: Check
    required: bool = False


def text(value: Any) -> str | None:
    """Check for text that has an encoding, which half of a surrogate pair has not."""
    if not isinstance(value, str):
        return f"is {_shown(value)}, expected text"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "is no Unicode"
    return None


def boolean(value: Any) -> str | None:
    """Check for true or false."""
    return None if isinstance(value, bool) else f"is {_shown(value)}, expected true or false"


def status_code(value: Any) -> str | None:
    """Check for a status code as a number or as text of digits."""
    is_number = type(value) is int or (isinstance(value, str) and value.isdecimal())
    return None if is_number else f"is {_shown(value)}, expected a whole number"


def table(value: Any) -> str | None:
    """Check for an object."""
    return None if is_table(value) else f"is {_shown(value)}, expected an object"


def list_of_text(value: Any) -> str | None:
    """Check for a list of text."""
    if not is_list(value):
        return f"is {_shown(value)}, expected a list of text"
    return _first_wrong(enumerate(value), text)


def map_of_text(value: Any) -> str | None:
    """Check for an object of text; null values are allowed."""
    return _map_of(text, value)


def map_of_lists(value: Any) -> str | None:
    """Check for an object of lists of text; null values are allowed."""
    return _map_of(list_of_text, value)


def map_of_text_or_lists(value: Any) -> str | None:
    """Check for an object in which each value is text or a list of text; null values are allowed."""
    return _map_of(lambda item: list_of_text(item) if is_list(item) else text(item), value)


def _map_of(check: Check, value: Any) -> str | None:
    if wrong := table(value):
        return wrong
    for name in value:
        if wrong := text(name):
            return f"has a name that {wrong}"
    return _first_wrong(((name, item) for name, item in value.items() if item is not None), check)


def _first_wrong(items: Iterable[tuple[object, Any]], check: Check) -> str | None:
    for key, value in items:
        if wrong := check(value):
            return _below(f"[{_shown(key)}]", wrong)
    return None


def _below(place: str, wrong: str) -> str:
    return f"{place}{'' if wrong.startswith('[') else ' '}{wrong}"


def first_mistake(event: Mapping[str, Any], fields: tuple[Field, ...]) -> str | None:
    """Return what is wrong with the first wrong field of an event, with its place, or None."""
    for field in fields:
        value: Any = event
        for key in field.place.split("."):
            value = value.get(key) if is_table(value) else None
        if value is None:
            if field.required:
                return f"{field.place} is missing"
        elif wrong := field.check(value):
            return _below(field.place, wrong)
    return None


def _shown(value: Any) -> str:
    shown = _representation.repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 3] + "..."
