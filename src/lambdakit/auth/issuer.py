"""An issuer of tokens, and its keys as it publishes them."""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt

from lambdakit.auth.documents import DocumentMissing, fetch, is_safe_address
from lambdakit.auth.key_set import KeySet
from lambdakit.errors import IssuerFault, OptionError


class _Known(NamedTuple):
    """What is known of an issuer's keys at one moment; times are the clock's, in seconds."""

    keys: KeySet | None = None
    fetched: float = 0.0
    tried: float | None = None
    failure: IssuerFault | None = None


class Issuer:
    """Keeps the keys of one issuer, and fetches them anew when they are old or a token names one that is not there.

    The keys are where the issuer's metadata says, or at `key_set`. With `openid_only`, metadata counts at the place of
    OpenID Connect alone, as at AWS's gateways. Keys are fetched again after `lifetime`; if that fails, the last good
    ones go on until they are `longest_outage` old. However many tokens ask, there is one fetch at a time, and none
    sooner than `pause` after the last. All are seconds, as is `timeout`, that of a fetch.

    Sources: https://openid.net/specs/openid-connect-discovery-1_0.html, https://www.rfc-editor.org/rfc/rfc8414
    """

    def __init__(
        self,
        name: str,
        *,
        key_set: str | None = None,
        openid_only: bool = False,
        lifetime: float = 3_600.0,
        longest_outage: float = 86_400.0,
        pause: float = 10.0,
        timeout: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        for address in filter(None, (name, key_set)):
            _require_safe(address)
        self.name = name
        self._key_set = key_set
        self._openid_only = openid_only
        self._lifetime = lifetime
        self._longest_outage = longest_outage
        self._pause = pause
        self._timeout = timeout
        self._clock = clock
        self._known = _Known()
        self._fetching = threading.Lock()

    def find_key(self, key_id: str, algorithm: str) -> jwt.PyJWK | None:
        """Return the issuer's key of this name for this algorithm, or None if it has none.

        Raises:
            IssuerFault: The keys cannot be had, and there are none of before.
        """
        known = self._known
        if not self._has_age(known, below=self._lifetime):
            # Whoever finds keys that still serve does not wait for another's fetch.
            known = self._renew(known, waits=not self._serves(known))
        if self._serves(known) and known.keys is not None and key_id not in known.keys:
            known = self._renew(known, waits=True)
        if not self._serves(known) or known.keys is None:
            raise known.failure or IssuerFault("the keys are too old", where=self.name)
        return known.keys.find(key_id, algorithm)

    def _has_age(self, known: _Known, *, below: float) -> bool:
        # A clock that was set back makes keys of the future, which nobody knows the age of.
        return known.keys is not None and 0 <= self._clock() - known.fetched < below

    def _serves(self, known: _Known) -> bool:
        return self._has_age(known, below=max(self._lifetime, self._longest_outage))

    def _renew(self, seen: _Known, *, waits: bool) -> _Known:
        if not self._fetching.acquire(blocking=waits):
            return seen
        try:
            if self._known is seen and not self._is_too_soon(seen):
                self._known = self._ask(seen)
            return self._known
        finally:
            self._fetching.release()

    def _is_too_soon(self, known: _Known) -> bool:
        return known.tried is not None and 0 <= self._clock() - known.tried < self._pause

    def _ask(self, seen: _Known) -> _Known:
        try:
            address = self._key_set or self._discover()
            keys = KeySet(fetch(address, timeout=self._timeout), where=address)
        except IssuerFault as failure:
            return seen._replace(tried=self._clock(), failure=failure)
        return _Known(keys, fetched=self._clock(), tried=self._clock())

    def _discover(self) -> str:
        metadata, where = self._read_metadata()
        if metadata.get("issuer") != self.name:
            raise IssuerFault(
                f"the metadata is that of {metadata.get('issuer')!r}, not of {self.name!r}",
                where=where,
                fix="write the issuer exactly as it names itself",
            )
        address = metadata.get("jwks_uri")
        if not isinstance(address, str) or not is_safe_address(address):
            raise IssuerFault("the metadata names no https address of keys", where=where)
        return address

    def _read_metadata(self) -> tuple[dict[str, Any], str]:
        first, second = metadata_addresses(self.name)
        try:
            return fetch(first, timeout=self._timeout), first
        except DocumentMissing:
            if self._openid_only:
                raise
            return fetch(second, timeout=self._timeout), second


def metadata_addresses(issuer: str) -> tuple[str, str]:
    """Return where an issuer's metadata can be: behind its path as OpenID Connect says, before it as RFC 8414 does."""
    base = issuer.rstrip("/")
    scheme, _, rest = base.partition("://")
    host, slash, path = rest.partition("/")
    return (
        f"{base}/.well-known/openid-configuration",
        f"{scheme}://{host}/.well-known/oauth-authorization-server{slash}{path}",
    )


def _require_safe(address: str) -> None:
    if not is_safe_address(address) or "?" in address:
        raise OptionError(
            f"{address!r} is not safe", where="issuer", fix="use an https address without a query, or one of loopback"
        )
