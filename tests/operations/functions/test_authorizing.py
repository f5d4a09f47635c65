from typing import Any

import pytest

from lambdakit.emulator.authorizers import FunctionAuthorizer, IamAuthorizer
from lambdakit.emulator.authorizers.tokens import HttpApiTokens, RestApiTokens
from lambdakit.operations.functions.authorizing import curl_options, explain_gap, make_authorizer
from lambdakit.project import Auth, FunctionAuth, TokenAuth, Via
from tests.emulator.authorizers.asking import Asked

TOKENS = TokenAuth(issuer="https://login.example.com", audience="shop")
FUNCTION = FunctionAuth(function="guard", identity=("$request.header.X-Key", "$request.querystring.a"))


@pytest.mark.parametrize(
    ("auth", "via", "kind"),
    [
        ("none", "http-api", None),
        ("none", "function-url", None),
        ("iam", "function-url", IamAuthorizer),
        ("iam", "http-api", IamAuthorizer),
        ("iam", "rest-api", IamAuthorizer),
        (TOKENS, "http-api", HttpApiTokens),
        (TOKENS, "rest-api", RestApiTokens),
        (TOKENS, "function-url", None),
        (TOKENS, "alb", None),
        (FUNCTION, "http-api", FunctionAuthorizer),
        (FUNCTION, "rest-api", FunctionAuthorizer),
        # Where another service is put before a function than the one that it is declared for.
        (FUNCTION, "function-url", None),
        ("iam", "alb", None),
    ],
)
def test_what_is_declared_chooses_who_checks_and_a_gap_is_told(auth: Auth, via: Via, kind: Any) -> None:
    asked: list[str] = []

    def find(name: str) -> Asked:
        asked.append(name)
        return Asked(lambda _: None)

    made = make_authorizer(auth, via, find=find, log=print)

    assert (type(made) if made is not None else None) == kind
    assert asked == (["guard"] if kind is FunctionAuthorizer else [])
    gap = explain_gap(auth, via)
    assert (gap is None) == (made is not None or auth == "none")
    assert bool(curl_options(auth, via)) == (made is not None)


def test_curl_is_told_what_lets_it_through() -> None:
    iam = curl_options("iam", "function-url", region="eu-west-1")

    assert iam.startswith(" --aws-sigv4 aws:amz:eu-west-1:lambda --user AKIAIOSFODNN7EXAMPLE:")
    assert ":execute-api " in curl_options("iam", "rest-api")
    assert curl_options(TOKENS, "http-api") == " -H 'Authorization: Bearer ...'"
    assert curl_options(FUNCTION, "rest-api") == " -H 'X-Key: ...'"
