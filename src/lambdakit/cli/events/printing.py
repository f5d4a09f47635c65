"""What every command of `events` does: make events from its options, and print one."""

import json
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


def print_event(event: Event) -> None:
    """Print an event as JSON, for people who read it and for what reads standard input."""
    print_json(json.dumps(event, ensure_ascii=False, indent=2).encode())
