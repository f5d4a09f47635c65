"""When schedules are due."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.emulator.schedules import Schedule, read_schedule
from lambdakit.errors import OptionError

START = datetime(2026, 1, 1, 10, 30, 20, tzinfo=UTC)
NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def dates(schedule: Schedule, start: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < count and (start := schedule.next_after(start)) is not None:  # pyright: ignore[reportAssignmentType] (None ends it)
        found.append(start)
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # The examples of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
        ("cron(0 10 * * ? *)", ["2026-01-02 10:00", "2026-01-03 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-01 12:15", "2026-01-02 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01 10:45", "2026-01-01 11:00", "2026-01-01 11:15"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-01-01 10:40", "2026-01-01 10:50"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-01-01 10:35", "2026-01-01 10:40"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", None),
        # Increments, names, lists and years.
        ("cron(1/10 10 * * ? *)", ["2026-01-01 10:31", "2026-01-01 10:41", "2026-01-01 10:51", "2026-01-02 10:01"]),
        ("cron(0 0 1 JAN,jul ? 2027-2028)", ["2027-01-01 00:00", "2027-07-01 00:00", "2028-01-01 00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 1 1 ? 2026)", []),
        ("cron(5-20/5 3 2 1 ? 2026)", ["2026-01-02 03:05", "2026-01-02 03:10", "2026-01-02 03:15", "2026-01-02 03:20"]),
        # Days by their place.
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-03 00:00", "2026-01-10 00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        ("cron(0 0 ? * FRIL *)", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-01-13 00:00", "2026-02-10 00:00"]),
        ("cron(0 0 ? * MON#5 *)", ["2026-03-30 00:00", "2026-06-29 00:00"]),
        ("cron(0 0 3W * ? *)", ["2026-01-02 00:00", "2026-02-03 00:00", "2026-03-03 00:00"]),
        ("cron(0 0 1W * ? *)", ["2026-02-02 00:00", "2026-03-02 00:00"]),
        ("cron(0 0 31W 5 ? *)", ["2026-05-29 00:00", "2027-05-31 00:00"]),
    ],
)
def test_a_cron_expression_is_due_when_eventbridge_says(expression: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(OptionError):
            read_schedule(expression, start=START)
        return
    found = dates(read_schedule(expression, start=START), START, len(expected) or 1)

    assert [f"{each:%Y-%m-%d %H:%M}" for each in found] == expected


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(7 days)", 604_800)],
)
def test_a_rate_counts_from_its_start(expression: str, seconds: int) -> None:
    schedule = read_schedule(expression, start=START)

    assert dates(schedule, START, 3) == [START + timedelta(seconds=seconds * n) for n in (1, 2, 3)]
    assert schedule.next_after(START + timedelta(seconds=seconds * 2.5)) == START + timedelta(seconds=seconds * 3)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("rate(1 minutes)", "neither rate"),
        ("rate(0 minutes)", "neither rate"),
        ("rate(5 weeks)", "neither rate"),
        ("cron(0 12 * * ?)", "neither rate"),
        ("cron(0 12 * * * *)", "exactly one has to be '?'"),
        ("cron(0 12 ? * ? *)", "exactly one has to be '?'"),
        ("cron(60 12 * * ? *)", "minutes cannot be '60', allowed: 0 to 59"),
        ("cron(0 24 * * ? *)", "hours cannot be '24'"),
        ("cron(0 0 32 * ? *)", "day-of-month cannot be '32'"),
        ("cron(0 0 0W * ? *)", "day-of-month cannot be '0'"),
        ("cron(0 0 * 13 ? *)", "month cannot be '13', allowed: 1 to 12, JAN"),
        ("cron(0 0 ? * 8 *)", "day-of-week cannot be '8'"),
        ("cron(0 0 ? * MOO *)", "day-of-week cannot be 'MOO'"),
        ("cron(0 0 ? * 3#6 *)", "day-of-week cannot be '3#6'"),
        ("cron(0 0 ? * 3#1,6#3 *)", "day-of-week cannot be '3#1'"),
        ("cron(0 0 * * ? 1969)", "year cannot be '1969'"),
        ("cron(0/0 0 * * ? *)", "minutes cannot be '0/0'"),
        ("cron(10-5 0 * * ? *)", "minutes cannot go from 10 to 5"),
        ("rate(99999999999999999999 days)", "schedule rate"),
    ],
)
def test_an_expression_that_eventbridge_would_not_take_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(OptionError, match=re.escape(reason)):
        read_schedule(expression, start=START)


moments = st.datetimes(datetime(1970, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)


def one_of_each(least: int, most: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(least, most), min_size=1, max_size=3)


@given(
    moment=moments,
    minutes=one_of_each(0, 59),
    hours=one_of_each(0, 23),
    months=one_of_each(1, 12),
    weekdays=one_of_each(1, 7),
)
def test_the_next_time_is_the_first_that_fits(
    moment: datetime, minutes: set[int], hours: set[int], months: set[int], weekdays: set[int]
) -> None:
    fields = (minutes, hours, months, weekdays)
    minute, hour, month, weekday = (",".join(map(str, sorted(field))) for field in fields)
    found = read_schedule(f"cron({minute} {hour} ? {month} {weekday} *)", start=START).next_after(moment)

    assert found is not None
    assert found > moment

    def fits(when: datetime) -> bool:
        return when.hour in hours and when.month in months and when.isoweekday() % 7 + 1 in weekdays

    assert fits(found)
    assert found.minute in minutes
    # Nothing that fits lies between: hour by hour, and within the first and the last hour minute by minute.
    hour_of = moment.replace(minute=0, second=0, microsecond=0)
    between = (hour_of + timedelta(hours=n) for n in range(1 + int((found - hour_of).total_seconds() // 3600)))
    for each in islice(between, 2000):
        candidates = [each.replace(minute=value) for value in minutes] if fits(each) else []
        assert not [when for when in candidates if moment < when < found]


@given(moment=moments, wanted=st.integers(1, 31))
def test_the_nearest_weekday_is_a_weekday_at_most_two_days_away(moment: datetime, wanted: int) -> None:
    found = read_schedule(f"cron(0 0 {wanted}W * ? *)", start=START).next_after(moment)

    assert found is not None
    assert found.isoweekday() <= 5
    assert abs((found.date() - date(found.year, found.month, wanted)).days) <= 2


@given(moment=moments, weekday=st.integers(1, 7), place=st.integers(1, 4))
def test_a_weekday_by_its_place_is_that_one_of_its_month(moment: datetime, weekday: int, place: int) -> None:
    numbered = read_schedule(f"cron(0 0 ? * {weekday}#{place} *)", start=START).next_after(moment)
    named = read_schedule(f"cron(0 0 ? * {NAMES[weekday - 1]}#{place} *)", start=START).next_after(moment)

    assert numbered is not None
    assert numbered == named
    assert (numbered.isoweekday() % 7 + 1, (numbered.day - 1) // 7 + 1) == (weekday, place)


@given(moment=moments, every=st.integers(2, 1000), unit=st.sampled_from(["minutes", "hours", "days"]))
def test_a_rate_is_due_within_one_interval(moment: datetime, every: int, unit: str) -> None:
    schedule = read_schedule(f"rate({every} {unit})", start=moment)
    later = moment + timedelta(minutes=12_345)
    found = schedule.next_after(later)

    assert found is not None
    assert timedelta(0) < found - later <= timedelta(**{unit: every})
    assert (found - moment) % timedelta(**{unit: every}) == timedelta(0)
