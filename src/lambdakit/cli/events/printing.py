"""What every command of `events` does: make events from its options, and print one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from lambdakit.cli.invoke_local.output import print_json
from lambdakit.errors import OptionError
from lambdakit.operations.event_factories import Event, Events, Origin


def make_events(*, seed: str | None, time: str | None, account: str, region: str) -> Events:
    """Return the factories with the origin that the options describe.

    Raises:
        OptionError: The time is none.
    """
    return Events(Origin(seed=seed, now=None if time is None else _read_time(time), account=account, region=region))


def _read_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        fix = "write it as 2026-07-10T19:19:04Z"
        raise OptionError(f"{text!r} is no time", where="--time", fix=fix) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def print_event(make: Callable[[], Event]) -> None:
    """Make an event and print it as JSON, for people who read it and for what reads standard input.

    Raises:
        OptionError: A value is none that an event can have.
    """
    try:
        event = make()
    except ValueError as error:
        raise OptionError(f"no event holds this: {error}", fix="correct the value") from error
    try:
        text = json.dumps(event, ensure_ascii=False, indent=2).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON can say and UTF-8 cannot.
        text = json.dumps(event, indent=2).encode()
    print_json(text)
