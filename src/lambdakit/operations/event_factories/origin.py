"""Where and when events come from, and what they are numbered with."""

import base64
import string
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from lambdakit.operations.event_factories.values import to_seconds

Event = dict[str, Any]
"""An event as Lambda hands it to a function: what JSON can say."""

_LOWER = string.ascii_lowercase + string.digits


class Origin:
    """An account in a region at a moment, with ids of its own.

    The same `seed` gives the same ids in the same order; without one they differ each time. `now` is the moment of
    every event, by default the one it is made at.
    """

    def __init__(
        self,
        *,
        seed: int | str | None = None,
        now: datetime | None = None,
        account: str = "123456789012",
        region: str = "us-east-1",
    ) -> None:
        self.account = account
        self.region = region
        self._now = now
        # The same numbers as from the text itself, which may hold what no encoding has.
        start = seed.encode("utf-8", "surrogatepass") if isinstance(seed, str) else seed
        self._random = Random(start)  # noqa: S311 (ids that look real, no secrets)
        self._last = self._random.randrange(10**12)

    @property
    def now(self) -> datetime:
        """The moment, in UTC."""
        return (self._now or datetime.now(UTC)).astimezone(UTC)

    def uuid(self) -> str:
        """Return a random UUID."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        """Return so many hexadecimal digits."""
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def digits(self, length: int) -> str:
        """Return so many decimal digits, the first of which is none of 0."""
        return str(self._random.randrange(10 ** (length - 1), 10**length))

    def sequence(self, length: int) -> str:
        """Return a number of so many digits, greater than all before."""
        self._last += self._random.randrange(1, 1000)
        return str(10 ** (length - 1) + self._last)

    def letters(self, length: int) -> str:
        """Return so many lower-case letters and digits, a letter first."""
        return self._random.choice(string.ascii_lowercase) + "".join(self._random.choices(_LOWER, k=length - 1))

    def token(self, size: int) -> str:
        """Return so many random bytes as base64."""
        return base64.b64encode(self._random.randbytes(size)).decode()

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


class Family:
    """Makes the events of some sources, all with one origin."""

    def __init__(self, origin: Origin | None = None) -> None:
        self._origin = origin or Origin()

    def _bridge(self, detail_type: str, source: str, resources: Sequence[str], detail: Mapping[str, Any]) -> Event:
        """Return an event as EventBridge delivers it.

        Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
        """
        origin = self._origin
        return {
            "version": "0",
            "id": origin.uuid(),
            "detail-type": detail_type,
            "source": source,
            "account": origin.account,
            "time": to_seconds(origin.now),
            "region": origin.region,
            "resources": list(resources),
            "detail": dict(detail),
        }
