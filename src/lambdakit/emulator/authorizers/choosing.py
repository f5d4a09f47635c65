"""Which authorizer stands before a function, by what is declared for it."""

from collections.abc import Callable

from lambdakit.emulator.authorizers.function import FunctionAuthorizer, Invoke
from lambdakit.emulator.authorizers.iam import IamAuthorizer
from lambdakit.emulator.authorizers.protocol import Authorizer
from lambdakit.emulator.authorizers.tokens import HttpApiTokens, RestApiTokens
from lambdakit.project import Auth, FunctionAuth, TokenAuth, Via


def make_authorizer(
    auth: Auth,
    via: Via,
    *,
    invoke: Callable[[str], Invoke],
    log: Callable[[str], None],
    region: str = "us-east-1",
) -> Authorizer | None:
    """Return what checks the callers of a function behind a service, or None where the service checks nothing.

    `invoke` returns what invokes a function, by its name; `log` gets why requests are refused.
    """
    if via == "alb" or auth == "none":
        return None
    if auth == "iam":
        return IamAuthorizer(via, region=region)
    if via == "function-url":
        return None
    if isinstance(auth, FunctionAuth):
        return FunctionAuthorizer(auth, via, invoke(auth.function), log=log, region=region)
    return HttpApiTokens(auth, log=log) if via == "http-api" else RestApiTokens(auth, log=log)


def explain_gap(auth: Auth, via: Via) -> str | None:
    """Return what a developer has to know where a service leaves it to the app to check who calls."""
    if isinstance(auth, TokenAuth) and via in {"function-url", "alb"}:
        return f"via {via} no gateway checks its tokens, on AWS or here: the app has to; http-api and rest-api do"
    return None
