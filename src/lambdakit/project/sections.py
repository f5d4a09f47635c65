"""Sections: dataclasses that are read from TOML tables, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from lambdakit.project.rules import Keys, Mistake, Rule, is_table, wrong


@dataclass(frozen=True, kw_only=True)
class Section:
    """A table of the declaration.

    A field annotated `Annotated[type, rule]` is a setting, required if it has no default. A field without a rule is
    no setting: the loader fills it in.
    """

    def clashes(self) -> Iterator[tuple[str | Keys, str]]:
        """Yield each setting that is right alone but not beside the others, with its problem.

        A setting is a name, or the names that lead down to it.
        """
        return iter(())


@dataclass(frozen=True)
class Table:
    """The rule for a table that becomes a section."""

    section: type[Section]
    allowed: str = "a table"

    def mistakes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        """Yield unknown, missing and wrong settings; if there are none, the clashes."""
        if not is_table(value):
            yield wrong(value, self, keys)
            return
        found = [*self._unknown(value, keys), *self._missing(value, keys), *self._wrong(value, keys)]
        yield from found or self._clashes(value, keys)

    def build(self, value: Any) -> Any:
        """Return the section."""
        rules = _rules(self.section)
        return self.section(**{name: rules[name].build(setting) for name, setting in value.items()})

    def _clashes(self, value: object, keys: Keys) -> Iterator[Mistake]:
        for name, problem in self.build(value).clashes():
            yield Mistake((*keys, name) if isinstance(name, str) else (*keys, *name), problem)

    def _unknown(self, table: Mapping[str, object], keys: Keys) -> Iterator[Mistake]:
        rules = _rules(self.section)
        for name in table:
            if name not in rules:
                nearest = get_close_matches(name, rules, n=1, cutoff=0.5)
                advice = f"nearest: {nearest[0]}" if nearest else f"allowed: {', '.join(rules)}"
                yield Mistake((*keys, name), f"is no setting, {advice}")

    def _missing(self, table: Mapping[str, object], keys: Keys) -> Iterator[Mistake]:
        rules = _rules(self.section)
        for field in fields(self.section):
            if field.default is MISSING and field.default_factory is MISSING and field.name not in table:
                yield Mistake((*keys, field.name), f"is missing, allowed: {rules[field.name].allowed}")

    def _wrong(self, table: Mapping[str, object], keys: Keys) -> Iterator[Mistake]:
        rules = _rules(self.section)
        for name in table:
            if name in rules:
                yield from rules[name].mistakes(table[name], (*keys, name))


def _rules(section: type[Section]) -> dict[str, Rule]:
    hints = get_type_hints(section, include_extras=True)
    return {name: get_args(hint)[1] for name, hint in hints.items() if get_origin(hint) is Annotated}
