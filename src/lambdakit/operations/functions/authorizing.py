"""Which authorizer stands before a function, by what is declared for it."""

from collections.abc import Callable

from lambdakit.emulator.authorizers import (
    LOCAL_CREDENTIALS,
    AskingRules,
    Authorizer,
    Decider,
    FunctionAuthorizer,
    IamAuthorizer,
    service_of,
)
from lambdakit.project import Auth, FunctionAuth, Via


def make_authorizer(
    auth: Auth,
    via: Via,
    *,
    find: Callable[[str], Decider],
    log: Callable[[str], None],
    region: str = "us-east-1",
) -> Authorizer | None:
    """Return what checks the callers of a function behind a service, or None where the service checks nothing.

    `find` returns a function that decides, by its name; `log` gets why requests are refused.
    """
    if auth == "none" or via == "alb" or not _is_checked(auth, via):
        return None
    if auth == "iam" or via == "function-url":
        return IamAuthorizer(via, region=region, log=log)
    if isinstance(auth, FunctionAuth):
        sends_token = auth.event == "token" and via == "rest-api"
        rules = AskingRules(identity=auth.identity, ttl=auth.ttl, sends_token=sends_token)
        return FunctionAuthorizer(find(auth.function), via, rules, log=log, region=region)
    # What reads tokens takes a tenth of a second to import, which functions without tokens need not wait for.
    from lambdakit.emulator.authorizers.tokens import HttpApiTokens, RestApiTokens  # noqa: PLC0415

    kind = HttpApiTokens if via == "http-api" else RestApiTokens
    return kind(issuer=auth.issuer, audience=auth.audience, scopes=auth.scopes, log=log)


def explain_gap(auth: Auth, via: Via) -> str | None:
    """Return what a developer has to know where a declared `auth` is for the app alone to check."""
    if auth == "none" or _is_checked(auth, via):
        return None
    return f"nothing in front of it checks who calls via {via}: the app has to; http-api and rest-api check it"


def _is_checked(auth: Auth, via: Via) -> bool:
    return via in {"http-api", "rest-api"} or (via == "function-url" and auth == "iam")


def curl_options(auth: Auth, via: Via, *, region: str = "us-east-1") -> str:
    """Return what curl needs to be let through to a function, with a space in front of it; nothing if all may call."""
    if auth == "none" or via == "alb" or not _is_checked(auth, via):
        return ""
    if auth == "iam":
        key = LOCAL_CREDENTIALS[0]
        return f" --aws-sigv4 aws:amz:{region}:{service_of(via)} --user {key.key_id}:{key.secret}"
    if isinstance(auth, FunctionAuth):
        names = [source.removeprefix("$request.header.") for source in auth.identity if ".header." in source]
        return "".join(f" -H '{name}: ...'" for name in names)
    return " -H 'Authorization: Bearer ...'"
