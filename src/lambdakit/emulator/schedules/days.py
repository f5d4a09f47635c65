"""The two fields of a cron expression that name days: of the month, or of the week."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date

from lambdakit.emulator.schedules.values import read_number, read_values

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NUMBERS = {name: place for place, name in enumerate(_WEEKDAYS, start=1)}
_SATURDAY, _SUNDAY = 5, 6
"""As `date.weekday` counts."""
_NEAREST = re.compile(r"(\d+)W", re.IGNORECASE)
_LAST = re.compile(r"(\w+)L", re.IGNORECASE)
_NTH = re.compile(r"(\w+)#([1-5])")

IsDay = Callable[[date], bool]


def read_days(day: str, weekday: str) -> IsDay:
    """Return what says whether it runs on a day; raises ValueError if EventBridge would not take the fields."""
    if (day == "?") == (weekday == "?"):
        raise ValueError("of day-of-month and day-of-week exactly one has to be '?'")
    return _read_day_of_month(day) if weekday == "?" else _read_day_of_week(weekday)


def _read_day_of_month(text: str) -> IsDay:
    if text.upper() == "L":
        return lambda day: day.day == _length(day)
    if found := _NEAREST.fullmatch(text):
        wanted = read_number("day-of-month", found[1], 1, 31, {})
        return lambda day: day == _nearest_weekday(day, wanted)
    days = read_values("day-of-month", text, 1, 31)
    return lambda day: day.day in days


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_weekday(month: date, wanted: int) -> date | None:
    """Return the day from Monday to Friday of a month that is nearest to one of its days."""
    length = _length(month)
    if wanted > length:
        return None
    day = month.replace(day=wanted)
    if day.weekday() == _SATURDAY:
        return day.replace(day=wanted - 1 if wanted > 1 else wanted + 2)
    if day.weekday() == _SUNDAY:
        return day.replace(day=wanted + 1 if wanted < length else wanted - 2)
    return day


def _read_day_of_week(text: str) -> IsDay:
    if text.upper() == "L":
        text = "SAT"
    if found := _NTH.fullmatch(text):
        wanted, place = _read_weekday(found[1]), int(found[2])
        return lambda day: _number(day) == wanted and (day.day - 1) // 7 + 1 == place
    if (found := _LAST.fullmatch(text)) and text.upper() not in _NUMBERS:
        last = _read_weekday(found[1])
        return lambda day: _number(day) == last and day.day + 7 > _length(day)
    weekdays = read_values("day-of-week", text, 1, 7, _WEEKDAYS)
    return lambda day: _number(day) in weekdays


def _read_weekday(text: str) -> int:
    return read_number("day-of-week", text, 1, 7, _NUMBERS)


def _number(day: date) -> int:
    """Return 1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1
