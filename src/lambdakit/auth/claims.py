"""What the claims of a token say, each of which a hostile or careless issuer can get wrong."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lambdakit.errors import TokenRefused


@dataclass(frozen=True, kw_only=True)
class ClaimRules:
    """What a token's claims have to be.

    `leeway` are the seconds by which clocks may differ. With `accepts_client_id`, a token without `aud` is for the
    audience that its `client_id` names, as Amazon Cognito makes access tokens.
    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    """

    issuer: str
    audience: Collection[str]
    required: Collection[str] = ("exp", "sub")
    leeway: float = 60.0
    accepts_client_id: bool = False

    def check(self, claims: Mapping[str, Any], *, now: float) -> None:
        """Refuse claims that are missing, of the wrong kind, of another issuer, for others, or of another time.

        Raises:
            TokenRefused: `flaw` says which.
        """
        for name in self.required:
            if name not in claims:
                raise TokenRefused(f"it has no claim {name}", flaw="claims")
        if claims.get("iss") != self.issuer:
            raise TokenRefused(f"it is not made by {self.issuer}", flaw="issuer")
        if not isinstance(claims.get("sub", ""), str):
            raise TokenRefused("its claim sub is no text", flaw="claims")
        self._check_audience(claims)
        self._check_times(claims, now)

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        named = claims.get("client_id") if self.accepts_client_id and "aud" not in claims else claims.get("aud")
        if not set(self.audience).intersection(as_words(named, separator=None)):
            raise TokenRefused("it is made for another audience", flaw="audience")

    def _check_times(self, claims: Mapping[str, Any], now: float) -> None:
        expiry, *starts = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
        if expiry is not None and now >= expiry + self.leeway:
            raise TokenRefused("it has expired", flaw="expired")
        if any(start is not None and now < start - self.leeway for start in starts):
            raise TokenRefused("its time has not come", flaw="too early")


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_as_float(value)):
        raise TokenRefused(f"its claim {name} is no time", flaw="claims")
    return float(value)


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def granted_scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return what a token grants: the words of `scope`, and those of `scp`, which other issuers write."""
    return frozenset(as_words(claims.get("scope"), separator=" ") + as_words(claims.get("scp"), separator=" "))


def as_words(value: Any, *, separator: str | None) -> list[str]:
    """Return the words of a claim that is text or a list of texts; text is one word without a separator."""
    if isinstance(value, str):
        return [word for word in value.split(separator) if word] if separator else [value]
    if isinstance(value, list):
        return [word for word in value if isinstance(word, str)]  # pyright: ignore[reportUnknownVariableType] (JSON)
    return []
