"""JSON Web Tokens at the gateway, as the JWT authorizers of HTTP APIs and of REST APIs verify them."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambdakit.auth import Issuer, Principal, TokenVerifier
from lambdakit.emulator.authorizers.protocol import Authorized
from lambdakit.emulator.authorizers.refusals import BROKEN, DENIED, UNAUTHORIZED, refuse
from lambdakit.errors import IssuerFault, TokenFlaw, TokenRefused
from lambdakit.events import Gateway, Request, Response

_RSA = ("RS256", "RS384", "RS512")
_ELLIPTIC = ("ES256", "ES384", "ES512")
_AUDIENCE = "the token does not have a valid audience"


class _Tokens(ABC):
    """What both kinds of API do alike: one of the scopes is enough, and clocks may not differ."""

    algorithms: tuple[str, ...]
    lifetime: float
    """Seconds for which the gateway keeps keys."""
    accepts_client_id: bool

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        scopes: Sequence[str] = (),
        log: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._scopes = scopes
        self._log = log
        self._verifier = TokenVerifier(
            issuer=Issuer(issuer, lifetime=self.lifetime, openid_only=True, clock=clock),
            audience=audience,
            algorithms=self.algorithms,
            required=("exp",),
            leeway=0,
            accepts_client_id=self.accepts_client_id,
            clock=clock,
        )

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:  # noqa: ARG002 (the protocol)
        """Let a request pass if its token is good and grants one of the scopes."""
        token = bearer_token(request)
        if token is None:
            return self._refuse_without()
        try:
            principal = await self._verifier.verify_async(token)
        except TokenRefused as error:
            self._log(f"refused {request.method} {request.path!r}: {error}")
            return self._refuse(error.flaw)
        except IssuerFault as error:
            self._log(f"the keys of the issuer cannot be had: {error}")
            return self._give_up()
        if self._scopes and not principal.scopes.intersection(self._scopes):
            self._log(f"refused {request.method} {request.path!r}: the token grants none of {' '.join(self._scopes)}")
            return self._refuse("scopes")
        return Authorized(self._describe(principal))

    def _claims(self, principal: Principal) -> dict[str, Any]:
        granted = [scope for scope in self._scopes if scope in principal.scopes]
        claims = {name: _written(value) for name, value in principal.claims.items()}
        return {"claims": claims, "scopes": granted or None}

    @abstractmethod
    def _refuse_without(self) -> Response: ...

    @abstractmethod
    def _refuse(self, flaw: TokenFlaw) -> Response: ...

    @abstractmethod
    def _give_up(self) -> Response: ...

    @abstractmethod
    def _describe(self, principal: Principal) -> Mapping[str, Any]: ...


class HttpApiTokens(_Tokens):
    """Lets requests pass as the JWT authorizer of an HTTP API does: RSA alone, `client_id` for a missing `aud`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """

    algorithms = _RSA
    lifetime = 7_200.0
    accepts_client_id = True

    def _refuse_without(self) -> Response:
        return refuse(401, {"message": "Unauthorized"}, challenge="Bearer")

    def _refuse(self, flaw: TokenFlaw) -> Response:
        if flaw == "scopes":
            return refuse(403, {"message": "Forbidden"}, challenge=self._challenge("insufficient_scope"))
        description = f' error_description="{_AUDIENCE}"' if flaw == "audience" else ""
        return refuse(401, {"message": "Unauthorized"}, challenge=self._challenge("invalid_token") + description)

    def _give_up(self) -> Response:
        return self._refuse("key")

    def _challenge(self, error: str) -> str:
        return f'Bearer scope="{" ".join(self._scopes)}" error="{error}"'

    def _describe(self, principal: Principal) -> Mapping[str, Any]:
        return {"jwt": self._claims(principal)}


class RestApiTokens(_Tokens):
    """Lets requests pass as the JWT authorizer of a REST API does: RSA and elliptic curves, and `aud` has to be there.

    Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer.html,
    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
    """

    algorithms = (*_RSA, *_ELLIPTIC)
    lifetime = 3_600.0
    accepts_client_id = False

    def _refuse_without(self) -> Response:
        return UNAUTHORIZED["rest-api"]

    def _refuse(self, flaw: TokenFlaw) -> Response:
        return (DENIED if flaw == "scopes" else UNAUTHORIZED)["rest-api"]

    def _give_up(self) -> Response:
        return BROKEN["rest-api"]

    def _describe(self, principal: Principal) -> Mapping[str, Any]:
        return self._claims(principal)


def bearer_token(request: Request) -> str | None:
    """Return what the header `authorization` holds, without the word Bearer; None without one.

    Several such headers are joined, as the function gets them, and so hold no token.
    """
    joined = b",".join(value for name, value in request.headers if name == b"authorization").decode("latin-1").strip()
    if not joined:
        return None
    scheme, _, rest = joined.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else joined


def _written(value: Any) -> str:
    """Write a claim as a gateway hands it on: all as text, lists in brackets with spaces between."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(_written, value))}]"  # pyright: ignore[reportUnknownArgumentType] (JSON)
    if isinstance(value, dict):
        pairs = (f"{name}:{_written(each)}" for name, each in sorted(value.items()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)
        return f"map[{' '.join(pairs)}]"
    return "<nil>" if value is None else str(value)
