"""When something runs by itself: EventBridge's `rate(...)` and `cron(...)`, in UTC.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from lambdakit.emulator.schedules.days import read_days
from lambdakit.emulator.schedules.values import read_values
from lambdakit.errors import OptionError

_RATE = re.compile(r"rate\((1 (minute|hour|day)|(?!1 )([1-9]\d*) (minutes|hours|days))\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class Schedule(Protocol):
    """When something runs."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment at which it runs, None if it never does again."""
        ...


@dataclass(frozen=True)
class Rate:
    """Runs again and again after the same time, counted from `start`."""

    every: timedelta
    start: datetime

    def next_after(self, moment: datetime) -> datetime:
        """Return the first whole number of intervals after the start that is later."""
        passed = max(0, (moment - self.start) // self.every)
        return self.start + (passed + 1) * self.every


@dataclass(frozen=True)
class Cron:
    """Runs at every minute that all fields allow."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    has_day: Callable[[date], bool]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first minute that is later."""
        earliest = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in self._days_from(earliest.date()):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = datetime.combine(day, time(hour, minute), UTC)
                    if found >= earliest:
                        return found
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, _LAST_YEAR + 1):
            for month in sorted(self.months if year in self.years else ()):
                day = max(first, date(year, month, 1))
                while (day.year, day.month) == (year, month):
                    if self.has_day(day):
                        yield day
                    day += timedelta(days=1)


def read_schedule(expression: str, *, start: datetime) -> Schedule:
    """Return what an expression means; `start` is when a rate begins to count.

    Raises:
        OptionError: EventBridge would not take it.
    """
    try:
        if found := _CRON.fullmatch(expression):
            return _read_cron(*found.groups())
        return _read_rate(expression, start)
    except (ValueError, OverflowError) as error:
        fix = "write rate(5 minutes), rate(1 hour), cron(0 12 * * ? *) and the like"
        raise OptionError(f"{error}", where=f"the schedule {expression}", fix=fix) from None


def _read_rate(expression: str, start: datetime) -> Rate:
    found = _RATE.fullmatch(expression)
    if found is None:
        raise ValueError("it is neither rate(...) nor cron(...) with six fields")
    unit = (found[2] or found[4]).rstrip("s") + "s"
    return Rate(timedelta(**{unit: int(found[3] or 1)}), start)


def _read_cron(minutes: str, hours: str, day: str, months: str, weekday: str, years: str) -> Cron:
    return Cron(
        minutes=read_values("minutes", minutes, 0, 59),
        hours=read_values("hours", hours, 0, 23),
        months=read_values("month", months, 1, 12, _MONTHS),
        years=read_values("year", years, _FIRST_YEAR, _LAST_YEAR),
        has_day=read_days(day, weekday),
    )
