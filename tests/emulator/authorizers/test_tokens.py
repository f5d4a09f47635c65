"""Tokens at the gateways, and what the function learns of who calls."""

import time
from collections.abc import Generator
from typing import Any

import pytest

from lambdakit.emulator.authorizers import Authorized, Authorizer
from lambdakit.emulator.authorizers.tokens import HttpApiTokens, RestApiTokens
from lambdakit.events import Response
from tests.auth.issuers import Clock, Issuer, serve
from tests.emulator.authorizers.asking import decide, get, shown

UNAUTHORIZED = (401, {"message": "Unauthorized"})


@pytest.fixture(scope="module")
def served() -> Generator[Issuer]:
    with serve(Issuer()) as issuer:
        yield issuer


@pytest.fixture
def issuer(served: Issuer) -> Generator[Issuer]:
    yield served
    served.status = 200


def http_api(issuer: Issuer, *scopes: str, log: Any = print, clock: Any = time.time) -> Authorizer:
    return HttpApiTokens(issuer=issuer.address, audience="shop", scopes=scopes, log=log, clock=clock)


def rest_api(issuer: Issuer, *scopes: str, log: Any = print, clock: Any = time.time) -> Authorizer:
    return RestApiTokens(issuer=issuer.address, audience="shop", scopes=scopes, log=log, clock=clock)


def context(answer: Authorized | Response) -> Any:
    assert isinstance(answer, Authorized)
    return answer.context


def test_an_http_api_hands_the_claims_on_as_text(issuer: Issuer) -> None:
    token = issuer.sign(
        {
            "exp": 2_000_000_000,
            "iat": 1,
            "groups": ["tea", "milk"],
            "verified": True,
            "level": 1.5,
            "address": {"city": "Kiel", "areas": ["a", "b"]},
            "nickname": None,
        }
    )

    found = context(decide(http_api(issuer), get(authorization=f"Bearer {token}")))

    assert found == {
        "jwt": {
            "claims": {
                "iss": issuer.address,
                "aud": "shop",
                "sub": "anna",
                "exp": "2000000000",
                "iat": "1",
                "scope": "read write",
                "groups": "[tea milk]",
                "verified": "true",
                "level": "1.5",
                "address": "map[areas:[a b] city:Kiel]",
                "nickname": "<nil>",
            },
            "scopes": None,
        }
    }


def test_an_http_api_names_the_scopes_that_count(issuer: Issuer) -> None:
    found = context(decide(http_api(issuer, "write", "admin"), get(authorization=issuer.sign())))

    assert found["jwt"]["scopes"] == ["write"]


@pytest.mark.parametrize("word", ["Bearer ", "bearer ", "BEARER  ", ""])
def test_the_word_bearer_is_no_part_of_the_token(issuer: Issuer, word: str) -> None:
    assert isinstance(decide(http_api(issuer), get(authorization=word + issuer.sign())), Authorized)


@pytest.mark.parametrize("make", [http_api, rest_api])
def test_two_tokens_are_none(issuer: Issuer, make: Any) -> None:
    request = get(authorization=issuer.sign())
    request = request._replace(headers=[*request.headers, (b"authorization", issuer.sign().encode())])

    assert shown(decide(make(issuer), request)) == UNAUTHORIZED


@pytest.mark.parametrize("make", [http_api, rest_api])
def test_clocks_may_not_differ(issuer: Issuer, make: Any) -> None:
    clock = Clock()
    token = issuer.sign({"exp": int(clock.now), "iat": int(clock.now) - 9})

    assert shown(decide(make(issuer, clock=clock), get(authorization=token))) == UNAUTHORIZED


@pytest.mark.parametrize("make", [http_api, rest_api])
def test_a_developer_is_told_why_and_never_the_token(issuer: Issuer, make: Any) -> None:
    told: list[str] = []
    token = issuer.sign({"aud": "bank"})

    decide(make(issuer, log=told.append), get(authorization=token))

    assert told == ["refused GET '/items': it is made for another audience (in a bearer token)"]


def test_an_issuer_that_cannot_be_reached_is_told(issuer: Issuer) -> None:
    issuer.status = 503
    told: list[str] = []
    token = issuer.sign()

    assert shown(decide(http_api(issuer, log=told.append), get(authorization=token))) == UNAUTHORIZED
    assert shown(decide(rest_api(issuer, log=told.append), get(authorization=token))) == (500, {"message": None})
    assert all(line.startswith("the keys of the issuer cannot be had: the server answers with 503") for line in told)
    assert len(told) == 2


def test_a_rest_api_takes_elliptic_curves_and_hands_the_claims_on(issuer: Issuer) -> None:
    token = issuer.sign({"groups": ["tea"], "level": 3}, "ES256")

    found = context(decide(rest_api(issuer, "read", "admin"), get(authorization=f"Bearer {token}")))

    assert (found["claims"]["sub"], found["claims"]["level"], found["claims"]["groups"]) == ("anna", "3", "[tea]")
    assert found["scopes"] == ["read"]


def test_a_rest_api_needs_an_audience_and_one_of_the_scopes(issuer: Issuer) -> None:
    authorizer = rest_api(issuer, "admin", "owner")
    no_audience = issuer.sign({"client_id": "shop", "scope": "admin"}, without=("aud",))

    for token in ("", "abc", issuer.sign(algorithm="EdDSA"), no_audience):
        assert shown(decide(authorizer, get(authorization=token))) == UNAUTHORIZED
    denied = {"Message": "User is not authorized to access this resource"}
    assert shown(decide(authorizer, get(authorization=issuer.sign()))) == (403, denied)
