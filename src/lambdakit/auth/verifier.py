"""Bearer tokens: JSON Web Tokens that an issuer signed, checked as RFC 8725 advises."""

import asyncio
import re
import time
from collections.abc import Callable, Collection
from typing import Any

import jwt

from lambdakit.auth.algorithms import ALGORITHMS, require_known
from lambdakit.auth.claims import ClaimRules, granted_scopes
from lambdakit.auth.issuer import Issuer
from lambdakit.auth.principal import Principal
from lambdakit.errors import InsufficientScope, OptionError, TokenRefused

_LARGEST_TOKEN = 16_384
_LONGEST_KEY_ID = 1_024
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
# The claims are checked here, by a clock that can be given.
_DECODER = jwt.PyJWT(
    {
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
        "verify_iss": False,
        "verify_sub": False,
        "verify_jti": False,
        "enforce_minimum_key_length": True,
    }
)


class TokenVerifier:
    """Verifies tokens of one issuer that are made for an audience and grant every one of `scopes`.

    `issuer` is its address, or an `Issuer` with settings of its own. A token has to be made for one of `audience`, and
    to hold the claims `required`. `leeway` are the seconds by which clocks may differ. With `accepts_client_id`,
    `client_id` stands in for an `aud` that is missing, as in access tokens of Amazon Cognito. One verifier serves any
    number of threads and tasks, and all share its keys.

    Raises:
        OptionError: A setting would let tokens pass that nobody can trust.
    """

    def __init__(
        self,
        *,
        issuer: str | Issuer,
        audience: str | Collection[str],
        scopes: Collection[str] = (),
        algorithms: Collection[str] = tuple(ALGORITHMS),
        required: Collection[str] = ("exp", "sub"),
        leeway: float = 60.0,
        accepts_client_id: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer if isinstance(issuer, Issuer) else Issuer(issuer, clock=clock)
        self.scopes = tuple(scopes)
        self._algorithms = tuple(algorithms)
        self._clock = clock
        audiences = (audience,) if isinstance(audience, str) else tuple(audience)
        require_known(self._algorithms)
        if not all(audiences) or not audiences:
            raise OptionError("a token needs an audience", where="audience=", fix="name whom tokens are made for")
        self._rules = ClaimRules(
            issuer=self.issuer.name,
            audience=audiences,
            required=tuple(required),
            leeway=leeway,
            accepts_client_id=accepts_client_id,
        )

    def verify(self, token: str) -> Principal:
        """Return who calls with a token. It may fetch the issuer's keys, and waits for them.

        Raises:
            TokenRefused: The token is no good, or does not grant enough (InsufficientScope).
            IssuerFault: The issuer's keys cannot be had.
        """
        claims = self._read(token)
        self._rules.check(claims, now=self._clock())
        granted = granted_scopes(claims)
        if missing := tuple(scope for scope in self.scopes if scope not in granted):
            raise InsufficientScope(self.scopes, missing)
        return Principal(claims.get("sub", ""), granted, claims)

    async def verify_async(self, token: str) -> Principal:
        """Return who calls with a token, like `verify`, without keeping the event loop waiting."""
        return await asyncio.to_thread(self.verify, token)

    def _read(self, token: str) -> dict[str, Any]:
        key_id, algorithm = self._read_header(token)
        key = self.issuer.find_key(key_id, algorithm)
        if key is None:
            raise TokenRefused(f"the issuer has no key of its name for {algorithm}", flaw="key")
        try:
            return _DECODER.decode(token, key, algorithms=[algorithm])
        except jwt.InvalidSignatureError as error:
            raise TokenRefused("its signature is wrong", flaw="signature") from error
        except jwt.InvalidKeyError as error:
            raise TokenRefused("it is signed with a key that is too short", flaw="key") from error
        except (jwt.PyJWTError, RecursionError) as error:
            raise TokenRefused("it cannot be read", flaw="malformed") from error

    def _read_header(self, token: str) -> tuple[str, str]:
        # Nothing of a token is decoded before its size and form are known to be harmless.
        if len(token) > _LARGEST_TOKEN:
            raise TokenRefused(f"it has more than {_LARGEST_TOKEN} characters", flaw="malformed")
        if not _TOKEN.fullmatch(token):
            raise TokenRefused("it is no JSON Web Token", flaw="malformed")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenRefused("its header cannot be read", flaw="malformed") from error
        key_id, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in self._algorithms:
            raise TokenRefused("it is signed in a way that is not allowed", flaw="algorithm")
        if not isinstance(key_id, str) or not 0 < len(key_id) <= _LONGEST_KEY_ID:
            raise TokenRefused("it does not name its key", flaw="key")
        return key_id, algorithm
