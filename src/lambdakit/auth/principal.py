from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as a verified token says: its subject, what it grants, and all of its claims."""

    subject: str
    scopes: frozenset[str]
    claims: Mapping[str, Any]
