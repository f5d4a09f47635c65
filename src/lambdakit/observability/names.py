"""Which names of headers, keys and variables stand for secrets."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_WORDS = (
    *("authorization", "cookie", "password", "passwd", "passphrase", "secret", "token", "api[-_ ]?key"),
    *("access[-_ ]?key", "private[-_ ]?key", "credential", "signature", "connection[-_ ]?string", "csrf", "jwt"),
    *("session[-_ ]?id", "client[-_ ]?assertion", "auth[-_ ]?code", "pwd", "(?<![a-z])otp(?![a-z])"),
)
SECRET_WORD = "|".join(_WORDS)
"""A pattern of the words that make a name secret, without groups."""
_find_word = re.compile(SECRET_WORD, re.IGNORECASE).search
_counts_tokens = re.compile(r"tokens|count", re.IGNORECASE).search
_FOLDERS = frozenset({"PWD", "OLDPWD"})
"""Variables that name folders, whatever their names sound like."""


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Say whether a value filed under this name has to stay out of logs."""
    return _find_word(name) is not None and name not in _FOLDERS


def hides(name: object, value: Any, more: Iterable[str] = ()) -> bool:
    """Say whether a value has to stay out of a line; numbers of tokens, as language models report them, may show."""
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    if not isinstance(name, str) or value is None or isinstance(value, bool):
        return False
    if name.lower() in more:
        return True
    return is_secret(name) and not (isinstance(value, int | float) and _counts_tokens(name))
