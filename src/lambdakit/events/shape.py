"""What the fields of an event must look like, used to say which one does not.

Decoding trusts an event and looks here only after it failed, so that a good event pays nothing for the check.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeGuard

_LONGEST_SHOWN = 60

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
    return None if value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value) else "is no Unicode"


def boolean(value: Any) -> str | None:
    """Check for true or false."""
    return None if isinstance(value, bool) else f"is {_shown(value)}, expected true or false"


def status_code(value: Any) -> str | None:
    """Check for a status code as a number or as text of digits."""
    is_number = isinstance(value, int) or (isinstance(value, str) and value.isdecimal())
    return None if is_number else f"is {_shown(value)}, expected a number"


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
    return table(value) or _first_wrong(value.items(), _or_null(text))


def map_of_lists(value: Any) -> str | None:
    """Check for an object of lists of text; null values are allowed."""
    return table(value) or _first_wrong(value.items(), _or_null(list_of_text))


def map_of_text_or_lists(value: Any) -> str | None:
    """Check for an object in which each value is text or a list of text; null values are allowed."""
    return table(value) or _first_wrong(
        value.items(), lambda item: list_of_text(item) if is_list(item) else _or_null(text)(item)
    )


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _first_wrong(items: Any, check: Check) -> str | None:
    for key, value in items:
        if wrong := text(key) if isinstance(key, str) else None:
            return f"has a name that {wrong}"
        if wrong := check(value):
            return f"[{_shown(key)}] {wrong}"
    return None


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
            return f"{field.place}{'' if wrong.startswith('[') else ' '}{wrong}"
    return None


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 3] + "..."
