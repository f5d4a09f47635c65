from typing import Final, Literal

Level = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
"""How much a record matters, in Lambda's words."""

SystemLevel = Literal["DEBUG", "INFO", "WARN"]
"""From which level on Lambda's own records are wanted."""

LogFormat = Literal["Text", "JSON"]
"""How Lambda and its runtimes write a log."""

LEVELS: Final[tuple[Level, ...]] = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""The levels, the least important first."""

_NAMES: dict[str, Level] = {
    "TRACE": "TRACE",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "WARN": "WARN",
    "WARNING": "WARN",
    "ERROR": "ERROR",
    "FATAL": "FATAL",
    "CRITICAL": "FATAL",
}


def find_level(name: object) -> Level | None:
    """Return the level that a record names in any case, also in Python's words."""
    return _NAMES.get(str(name).upper())


def is_wanted(level: Level, least: Level) -> bool:
    """Say whether a level is at least as high as another."""
    return LEVELS.index(level) >= LEVELS.index(least)
