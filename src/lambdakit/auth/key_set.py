"""The public keys that an issuer signs with: https://www.rfc-editor.org/rfc/rfc7517."""

from collections.abc import Iterator, Mapping
from typing import Any

import jwt

from lambdakit.auth.algorithms import ALGORITHMS
from lambdakit.errors import IssuerFault

_MOST_KEYS = 100


class KeySet:
    """The keys of a key set document that verify signatures; those of other kinds do not count.

    Raises:
        IssuerFault: The document has no list of keys, or more than a hundred.
    """

    def __init__(self, document: Mapping[str, Any], *, where: str) -> None:
        keys = document.get("keys")
        if not isinstance(keys, list):
            raise IssuerFault("the key set has no list of keys", where=where)
        if len(keys) > _MOST_KEYS:  # pyright: ignore[reportUnknownArgumentType] (JSON)
            raise IssuerFault(f"the key set has more than {_MOST_KEYS} keys", where=where)
        self._keys = list(_usable(keys))  # pyright: ignore[reportUnknownArgumentType] (JSON)
        self._built: dict[tuple[str, str], jwt.PyJWK | None] = {}

    def __contains__(self, key_id: str) -> bool:
        return any(key["kid"] == key_id for key in self._keys)

    def find(self, key_id: str, algorithm: str) -> jwt.PyJWK | None:
        """Return the key of this name if it is one for this algorithm."""
        name = (key_id, algorithm)
        # A token can claim any name; only those that are there take up memory.
        if name not in self._built and key_id in self:
            named = (key for key in self._keys if key["kid"] == key_id)
            self._built[name] = next(filter(None, (_build(key, algorithm) for key in named)), None)
        return self._built.get(name)


def _usable(keys: list[Any]) -> Iterator[dict[str, Any]]:
    for key in keys:
        if isinstance(key, dict) and isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig":  # pyright: ignore[reportUnknownMemberType] (JSON)
            yield key


def _build(key: Mapping[str, Any], algorithm: str) -> jwt.PyJWK | None:
    kind, curve = ALGORITHMS[algorithm]
    if key.get("alg", algorithm) != algorithm or key.get("kty") != kind or (curve and key.get("crv") != curve):
        return None
    try:
        return jwt.PyJWK(dict(key), algorithm)
    except jwt.PyJWTError:
        return None
