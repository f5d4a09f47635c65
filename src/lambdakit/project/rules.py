"""What a declared value may be: each rule finds every mistake in a value, then builds it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeGuard

Keys = tuple[str, ...]
"""Where a value stands below `[tool.lambdakit]`, outermost key first."""


class Mistake(NamedTuple):
    """One thing to correct, worded so that it follows the name of its key."""

    keys: Keys
    problem: str


class Rule(Protocol):
    """What a value may be."""

    @property
    def allowed(self) -> str:
        """Say in words what the rule accepts."""
        ...

    def mistakes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        """Yield every mistake in the value that was read at `keys`."""
        ...

    def build(self, value: Any) -> Any:
        """Turn a value without mistakes into what the declaration holds."""
        ...


@dataclass(frozen=True)
class Value:
    """A value that one test decides on; `allowed` tells the user what passes it."""

    allowed: str
    accepts: Callable[[object], bool]

    def mistakes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        """Yield one mistake if the test refuses the value."""
        if not self.accepts(value):
            yield wrong(value, self, keys)

    def build(self, value: Any) -> Any:
        """Return the value, a list as a tuple."""
        return tuple(value) if _is_list(value) else value


@dataclass(frozen=True)
class HavingKey:
    """A table of one kind if it has a key, and of another if it has not."""

    key: str
    having: Rule
    lacking: Rule
    allowed: str

    def mistakes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        """Yield the mistakes of the kind of table that it is."""
        yield from self._rule(value).mistakes(value, keys)

    def build(self, value: Any) -> Any:
        """Build the kind of table that it is."""
        return self._rule(value).build(value)

    def _rule(self, value: object) -> Rule:
        return self.having if is_table(value) and self.key in value else self.lacking


@dataclass(frozen=True)
class Either:
    """A plain value, or a table."""

    plain: Value
    table: Rule

    @property
    def allowed(self) -> str:
        """Name both forms."""
        return f"{self.plain.allowed}, {self.table.allowed}"

    def mistakes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        """Yield the mistakes of a table by its rule; any other value is one unless the plain rule accepts it."""
        if is_table(value):
            yield from self.table.mistakes(value, keys)
        elif not self.plain.accepts(value):
            yield wrong(value, self, keys)

    def build(self, value: Any) -> Any:
        """Build by the rule that the value's form selects."""
        return self.table.build(value) if is_table(value) else self.plain.build(value)


@dataclass(frozen=True)
class EachOf:
    """A table with names of the user's choice and one rule for all their values."""

    name: Value
    rule: Rule
    allowed: str = "a table"

    def mistakes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        """Yield the mistakes in each name and in each value."""
        if not is_table(value):
            yield wrong(value, self, keys)
            return
        for name, member in value.items():
            if not self.name.accepts(name):
                yield Mistake((*keys, name), f"has a name that cannot be used, allowed: {self.name.allowed}")
            yield from self.rule.mistakes(member, (*keys, name))

    def build(self, value: Any) -> Any:
        """Return the built values by name."""
        return {name: self.rule.build(member) for name, member in value.items()}


def between(lowest: int, highest: int, unit: str = "") -> Value:
    """Allow whole numbers from `lowest` to `highest`; true and false are none."""
    return Value(
        f"{lowest} to {highest}" + (f" ({unit})" if unit else ""),
        lambda value: type(value) is int and lowest <= value <= highest,
    )


def one_of(*words: str) -> Value:
    """Allow these words only."""
    return Value(", ".join(map(show, words)), lambda value: isinstance(value, str) and value in words)


def text(pattern: str = r"(?s).+", allowed: str = "a string that is not empty") -> Value:
    """Allow strings that match the pattern as a whole."""
    return Value(allowed, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def list_of(rule: Value, allowed: str) -> Value:
    """Allow lists whose items the rule allows."""
    return Value(allowed, lambda value: _is_list(value) and all(rule.accepts(item) for item in value))


BOOLEAN = Value("true, false", lambda value: isinstance(value, bool))
STRING = Value("a string", lambda value: isinstance(value, str))
STRINGS = Value("a list of strings", lambda value: _is_list(value) and all(isinstance(item, str) for item in value))


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def wrong(value: object, rule: Rule, keys: Keys) -> Mistake:
    """Word the mistake of a value that is nothing its rule allows."""
    return Mistake(keys, f"is {show(value)}, allowed: {rule.allowed}")


def is_table(value: object) -> TypeGuard[dict[str, object]]:
    """Say whether TOML wrote the value as a table."""
    return isinstance(value, dict)


def show(value: object) -> str:
    """Write a value on one line as TOML would, a table by its kind alone."""
    return "a table" if is_table(value) else json.dumps(value, ensure_ascii=False, default=str)
