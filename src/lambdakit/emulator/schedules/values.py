import re
from collections.abc import Sequence

_STEP = re.compile(r"([^/]+)(?:/(\d+))?")


def read_values(field: str, text: str, least: int, most: int, names: Sequence[str] = ()) -> frozenset[int]:
    """Return the numbers that a field of a cron expression allows; `names` stand for the numbers from `least` on.

    Raises:
        ValueError: It is not written as EventBridge reads it.
    """
    numbers = {name: least + place for place, name in enumerate(names)}
    found: set[int] = set()
    for part in text.split(","):
        found.update(_read_part(field, part, least, most, numbers))
    return frozenset(found)


def _read_part(field: str, part: str, least: int, most: int, numbers: dict[str, int]) -> range:
    pattern = _STEP.fullmatch(part)
    step = int(pattern[2] or 1) if pattern else 0
    if pattern is None or step == 0:
        raise ValueError(f"{field} cannot be {part!r}")
    start, dash, end = pattern[1].partition("-")
    if start == "*" and not dash:
        return range(least, most + 1, step)
    first = read_number(field, start, least, most, numbers)
    # A single number with a step goes on to the end.
    last = read_number(field, end, least, most, numbers) if dash else most if pattern[2] else first
    if last < first:
        raise ValueError(f"{field} cannot go from {start} to {end}")
    return range(first, last + 1, step)


def read_number(field: str, text: str, least: int, most: int, numbers: dict[str, int]) -> int:
    """Return the number that a text stands for; raises ValueError if it is not within the bounds."""
    number = numbers.get(text.upper()) if not text.isdecimal() else int(text)
    if number is None or not least <= number <= most:
        allowed = f"{least} to {most}" + (f", {', '.join(numbers)}" if numbers else "")
        raise ValueError(f"{field} cannot be {text!r}, allowed: {allowed}")
    return number
