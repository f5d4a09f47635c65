import re

from lambdakit.errors import OptionError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_duration(text: str, option: str) -> float:
    """Return the seconds that a text such as `90s`, `1.5m` or `250ms` means.

    Raises:
        OptionError: It is none.
    """
    if found := _DURATION.fullmatch(text.strip().lower()):
        return float(found[1]) * _SECONDS[found[2]]
    fix = "write a number and a unit: 250ms, 60s, 10m, 2h or 1d"
    raise OptionError(f"{text!r} is no duration", where=option, fix=fix)
