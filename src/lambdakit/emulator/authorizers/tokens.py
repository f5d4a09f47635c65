"""JSON Web Tokens at the gateway: HTTP APIs verify them, for REST APIs a Lambda authorizer does."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from lambdakit.auth import Issuer, Principal, TokenVerifier
from lambdakit.emulator.authorizers.protocol import Authorized
from lambdakit.emulator.authorizers.refusals import BROKEN, DENIED_EXPLICITLY, UNAUTHORIZED, refuse
from lambdakit.errors import InsufficientScope, IssuerFault, TokenRefused
from lambdakit.events import Gateway, Request, Response
from lambdakit.project import TokenAuth

_RSA_ALONE = ("RS256", "RS384", "RS512")
_LIFETIME = 7_200.0
_AUDIENCE = "the token does not have a valid audience"


class HttpApiTokens:
    """Lets requests pass as the JWT authorizer of an HTTP API does.

    Only RSA signatures count, `client_id` stands in for a missing `aud`, one of the scopes is enough, clocks may not
    differ, and keys are kept for two hours.
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """

    def __init__(self, auth: TokenAuth, *, log: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
        self._scopes = auth.scopes
        self._log = log
        self._verifier = TokenVerifier(
            issuer=Issuer(auth.issuer, lifetime=_LIFETIME, clock=clock),
            audience=auth.audience,
            algorithms=_RSA_ALONE,
            required=("exp",),
            leeway=0,
            accepts_client_id=True,
            clock=clock,
        )

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:  # noqa: ARG002 (the protocol)
        """Let a request pass if its token is good and grants one of the scopes."""
        token = bearer_token(request)
        if token is None:
            return refuse(401, {"message": "Unauthorized"}, challenge="Bearer")
        try:
            principal = await self._verifier.verify_async(token)
        except TokenRefused as error:
            self._log(f"refused {request.method} {request.path!r}: {error}")
            return self._refuse(_AUDIENCE if error.flaw == "audience" else None)
        except IssuerFault as error:
            self._log(f"the keys of the issuer cannot be had: {error}")
            return self._refuse(None)
        if self._scopes and not principal.scopes.intersection(self._scopes):
            self._log(f"refused {request.method} {request.path!r}: the token grants none of {' '.join(self._scopes)}")
            return refuse(403, {"message": "Forbidden"}, challenge=self._challenge("insufficient_scope"))
        return Authorized({"jwt": {"claims": _as_text(principal.claims), "scopes": self._granted(principal)}})

    def _granted(self, principal: Principal) -> list[str] | None:
        return [scope for scope in self._scopes if scope in principal.scopes] or None

    def _refuse(self, description: str | None) -> Response:
        challenge = self._challenge("invalid_token")
        return refuse(
            401,
            {"message": "Unauthorized"},
            challenge=f'{challenge} error_description="{description}"' if description else challenge,
        )

    def _challenge(self, error: str) -> str:
        return f'Bearer scope="{" ".join(self._scopes)}" error="{error}"'


class RestApiTokens:
    """Lets requests pass as a Lambda authorizer of a REST API does that verifies tokens with `lambdakit.auth`.

    REST APIs verify tokens of Amazon Cognito alone, so others need such a function in front. Every scope is needed.
    """

    def __init__(self, auth: TokenAuth, *, log: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
        self._log = log
        self._verifier = TokenVerifier(
            issuer=auth.issuer, audience=auth.audience, scopes=auth.scopes, accepts_client_id=True, clock=clock
        )

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:  # noqa: ARG002 (the protocol)
        """Let a request pass if its token is good and grants every scope."""
        token = bearer_token(request)
        if token is None:
            return UNAUTHORIZED["rest-api"]
        try:
            principal = await self._verifier.verify_async(token)
        except InsufficientScope as error:
            self._log(f"refused {request.method} {request.path!r}: {error}")
            return DENIED_EXPLICITLY["rest-api"]
        except TokenRefused as error:
            self._log(f"refused {request.method} {request.path!r}: {error}")
            return UNAUTHORIZED["rest-api"]
        except IssuerFault as error:
            self._log(f"the keys of the issuer cannot be had: {error}")
            return BROKEN["rest-api"]
        flat = {name: value for name, value in principal.claims.items() if isinstance(value, str | int | float)}
        return Authorized({**_as_text(flat), "principalId": principal.subject, "integrationLatency": 0})


def bearer_token(request: Request) -> str | None:
    """Return what the header `authorization` holds, without the word Bearer; None without one."""
    values = [value.decode("latin-1").strip() for name, value in request.headers if name == b"authorization"]
    if not values or not values[0]:
        return None
    scheme, _, rest = values[0].partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else values[0]


def _as_text(claims: Mapping[str, Any]) -> dict[str, str]:
    return {name: _written(value) for name, value in claims.items()}


def _written(value: Any) -> str:
    """Write a claim as an HTTP API hands it on: all as text, lists in brackets with spaces between."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(_written, value))}]"  # pyright: ignore[reportUnknownArgumentType] (JSON)
    if isinstance(value, dict):
        pairs = (f"{name}:{_written(each)}" for name, each in sorted(value.items()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)
        return f"map[{' '.join(pairs)}]"
    return "<nil>" if value is None else str(value)
