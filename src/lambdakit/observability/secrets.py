"""Secret values that are known by heart: those of the environment and those that the current request carried."""

import json
import re
from collections.abc import Iterator
from contextvars import ContextVar
from time import monotonic
from urllib.parse import quote, unquote

from lambdakit import settings
from lambdakit.observability.names import is_secret

_SHORTEST = 6
"""Shorter values, such as `true` or a port, appear in lines by chance."""
_LONGEST_TRUST = 1.0
"""Seconds for which the environment is taken as unchanged."""
_password_in_address = re.compile(r"://[^\s/:@]*:([^\s@]+)@").search

of_request: ContextVar[tuple[str, ...]] = ContextVar("lambdakit_request_secrets", default=())
"""The secret values that the request of this context brought along."""


class EnvironmentSecrets:
    """The values of variables with secret names, as one pattern that is made again when the environment changes."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self._read_at = float("-inf")

    def pattern(self) -> re.Pattern[str] | None:
        """Return a pattern that matches each value verbatim, longest first; None where there are none."""
        if monotonic() - self._read_at > _LONGEST_TRUST:
            self._read()
        return self._pattern

    def _read(self) -> None:
        values = frozenset(_secret_values(settings.environment_items()))
        if values != self._values:
            self._pattern = make_pattern(values)
            self._values = values
        self._read_at = monotonic()


def make_pattern(values: frozenset[str]) -> re.Pattern[str] | None:
    """Return a pattern of the values and of how Python, JSON and addresses write them; None without values."""
    written = {form for value in values for form in _forms(value)}
    return re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True)))) if written else None


def long_enough(value: str) -> bool:
    """Say whether a value is so long that it does not appear in a line by chance."""
    return len(value) >= _SHORTEST


def _secret_values(variables: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in variables:
        password = _password_in_address(value)
        if password and long_enough(password[1]):
            yield password[1]
        if (password or is_secret(name)) and long_enough(value):
            yield value


def _forms(value: str) -> set[str]:
    return {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe=""), unquote(value)}
