"""Tokens against a verifier, with the keys of an issuer on a socket."""

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.auth import ALGORITHMS, TokenVerifier
from lambdakit.auth.claims import ClaimRules
from lambdakit.errors import InsufficientScope, OptionError, TokenRefused
from tests.auth.issuers import KINDS, Clock, Issuer, make_key

MakeToken = Callable[[Issuer], str]


def verifier(issuer: Issuer, **settings: Any) -> TokenVerifier:
    given: dict[str, Any] = {"issuer": issuer.address, "audience": "shop", **settings}
    return TokenVerifier(**given)


def encode(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def with_header(issuer: Issuer, header: Any) -> str:
    _, claims, signature = issuer.sign().split(".")
    return f"{encode(header)}.{claims}.{signature}"


def with_claims(issuer: Issuer, claims: Any) -> str:
    header, _, signature = issuer.sign().split(".")
    return f"{header}.{encode(claims)}.{signature}"


def signed_with_the_public_key(issuer: Issuer) -> str:
    """Take the public key for the secret that both sides know."""
    header = encode({"alg": "HS256", "kid": "one rsa"})
    claims = issuer.sign().split(".")[1]
    content = f"{header}.{claims}"
    secret = json.dumps(issuer.keys[0]).encode()
    return f"{content}.{encode(jwt.get_algorithm_by_name('HS256').sign(content.encode(), secret))}"


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_good_token_says_who_calls(issuer: Issuer, algorithm: str) -> None:
    principal = verifier(issuer, scopes=["read"]).verify(issuer.sign({"team": "tea"}, algorithm))

    assert (principal.subject, principal.scopes, principal.claims["team"]) == ("anna", {"read", "write"}, "tea")


def test_a_coroutine_can_wait_for_it(issuer: Issuer) -> None:
    assert asyncio.run(verifier(issuer).verify_async(issuer.sign())).subject == "anna"


HOSTILE: dict[str, tuple[str, MakeToken]] = {
    "empty": ("malformed", lambda _: ""),
    "no token": ("malformed", lambda _: "anna"),
    "two parts": ("malformed", lambda issuer: issuer.sign().rpartition(".")[0]),
    "four parts": ("malformed", lambda issuer: issuer.sign() + ".a"),
    "no signature": ("malformed", lambda issuer: issuer.sign().rpartition(".")[0] + "."),
    "a line after it": ("malformed", lambda issuer: issuer.sign() + "\n"),
    "padding": ("malformed", lambda issuer: issuer.sign() + "="),
    "too long": ("malformed", lambda issuer: issuer.sign({"more": "x" * 16_384})),
    "a header that is no JSON": ("malformed", lambda issuer: with_header(issuer, b"{")),
    "a header that is a list": ("malformed", lambda issuer: with_header(issuer, ["RS256"])),
    "a deep header": ("malformed", lambda issuer: with_header(issuer, b"[" * 9_000)),
    "a header that is no text": ("malformed", lambda issuer: with_header(issuer, b"\xff\xfe")),
    "an extension that must be understood": ("malformed", lambda issuer: issuer.sign(headers={"crit": ["exp"]})),
    "alg none": ("algorithm", lambda issuer: with_header(issuer, {"alg": "none", "kid": "one rsa"})),
    "alg None": ("algorithm", lambda issuer: with_header(issuer, {"alg": "NoNe", "kid": "one rsa"})),
    "no alg": ("algorithm", lambda issuer: with_header(issuer, {"kid": "one rsa"})),
    "an alg that is a list": ("algorithm", lambda issuer: with_header(issuer, {"alg": ["RS256"], "kid": "one rsa"})),
    "the public key as a secret": ("algorithm", signed_with_the_public_key),
    "no kid": ("key", lambda issuer: with_header(issuer, {"alg": "RS256"})),
    "a kid that is a number": ("malformed", lambda issuer: with_header(issuer, {"alg": "RS256", "kid": 1})),
    "a kid that is a path": ("key", lambda issuer: issuer.sign(headers={"kid": "../../etc/passwd"})),
    "a kid that is long": ("key", lambda issuer: issuer.sign(headers={"kid": "k" * 1_025})),
    "an alg of another kind of key": (
        "key",
        lambda issuer: with_header(issuer, {"alg": "ES256", "kid": "one rsa"}),
    ),
    "a key of its own in the header": (
        "key",
        lambda issuer: issuer.sign(key=make_key("rsa", 7), headers={"kid": "mine", "jwk": issuer.keys[0]}),
    ),
    "an address of keys in the header": (
        "signature",
        lambda issuer: issuer.sign(key=make_key("rsa", 7), headers={"jku": "http://127.0.0.1:1/keys"}),
    ),
    "another's key": ("signature", lambda issuer: issuer.sign(key=make_key("rsa", 7))),
    "other claims": ("signature", lambda issuer: with_claims(issuer, {"sub": "admin"})),
    "another algorithm of the same key": (
        "signature",
        lambda issuer: with_header(issuer, {"alg": "PS256", "kid": "one rsa"}),
    ),
    "claims that are a list": ("signature", lambda issuer: with_claims(issuer, [1])),
    "signed claims that are a list": ("malformed", lambda issuer: signed_bytes(issuer, b"[1]")),
    "signed claims that are no JSON": ("malformed", lambda issuer: signed_bytes(issuer, b"{")),
    "signed claims that are deep": ("malformed", lambda issuer: signed_bytes(issuer, b"[" * 9_000)),
    "no exp": ("claims", lambda issuer: issuer.sign(without=("exp",))),
    "no sub": ("claims", lambda issuer: issuer.sign(without=("sub",))),
    "a sub that is a number": ("claims", lambda issuer: signed(issuer, {"sub": 1})),
    "an exp that is text": ("claims", lambda issuer: signed(issuer, {"exp": "tomorrow"})),
    "an exp that is true": ("claims", lambda issuer: signed(issuer, {"exp": True})),
    "an exp that is null": ("claims", lambda issuer: signed(issuer, {"exp": None})),
    "an exp without end": ("claims", lambda issuer: signed(issuer, {"exp": float("inf")})),
    "an exp that is no number": ("claims", lambda issuer: signed(issuer, {"exp": float("nan")})),
    "an exp beyond floats": ("claims", lambda issuer: signed(issuer, {"exp": 10**400})),
    "a nbf that is a list": ("claims", lambda issuer: signed(issuer, {"nbf": [0]})),
    "expired": ("expired", lambda issuer: issuer.sign({"exp": int(time.time()) - 61})),
    "not yet": ("too early", lambda issuer: issuer.sign({"nbf": int(time.time()) + 90})),
    "made in the future": ("too early", lambda issuer: issuer.sign({"iat": int(time.time()) + 90})),
    "another issuer": ("issuer", lambda issuer: issuer.sign({"iss": "https://evil.example"})),
    "the issuer with a slash": ("issuer", lambda issuer: issuer.sign({"iss": issuer.address + "/"})),
    "no issuer": ("issuer", lambda issuer: issuer.sign(without=("iss",))),
    "issuers in a list": ("issuer", lambda issuer: signed(issuer, {"iss": [issuer.address]})),
    "another audience": ("audience", lambda issuer: issuer.sign({"aud": "bank"})),
    "an audience that begins alike": ("audience", lambda issuer: issuer.sign({"aud": "shop2"})),
    "audiences in one text": ("audience", lambda issuer: issuer.sign({"aud": "bank shop"})),
    "other audiences": ("audience", lambda issuer: issuer.sign({"aud": ["bank", "SHOP"]})),
    "no audience": ("audience", lambda issuer: issuer.sign(without=("aud",))),
    "a client in place of an audience": (
        "audience",
        lambda issuer: issuer.sign({"client_id": "shop"}, without=("aud",)),
    ),
    "an audience that is a table": ("audience", lambda issuer: issuer.sign({"aud": {"shop": 1}})),
}


def signed(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Sign claims that a signing library would refuse."""
    good = jwt.decode(issuer.sign(), options={"verify_signature": False})
    return signed_bytes(issuer, json.dumps({**good, **claims}).encode())


def signed_bytes(issuer: Issuer, content: bytes) -> str:
    return jwt.PyJWS().encode(content, issuer.private["one rsa"], "RS256", headers={"kid": "one rsa"})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused_for_what_is_wrong_with_it(issuer: Issuer, name: str) -> None:
    flaw, make = HOSTILE[name]
    token = make(issuer)

    with pytest.raises(TokenRefused) as raised:
        verifier(issuer).verify(token)

    error = raised.value
    assert (error.flaw, error.status, error.error) == (flaw, 401, "invalid_token")
    assert len(token) < 8 or token not in str(error)
    assert set(issuer.requests) <= {"/.well-known/openid-configuration", "/keys"}


def test_a_short_key_signs_nothing(issuer: Issuer) -> None:
    issuer.rotate("weak", "short rsa")
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = issuer.sign()

    with pytest.raises(TokenRefused, match="key that is too short"):
        verifier(issuer).verify(token)


def test_a_key_is_used_as_its_issuer_says(issuer: Issuer) -> None:
    [key] = [each for each in issuer.keys if each["kid"] == "one rsa"]
    wrong = [{"use": "enc"}, {"alg": "PS512"}, {"kid": ["one rsa"]}, {"n": "AQ"}, {"kty": "oct", "k": "c2VjcmV0"}]
    issuer.keys = [key | each for each in wrong]

    with pytest.raises(TokenRefused, match="no key of its name"):
        verifier(issuer).verify(issuer.sign())

    issuer.keys = [*issuer.keys, "no key", key | {"use": "sig", "alg": "RS256"}]
    assert verifier(issuer).verify(issuer.sign()).subject == "anna"


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "read  write"}, {"read", "write"}),
        ({"scope": ["read", "write", 1]}, {"read", "write"}),
        ({"scp": ["read"]}, {"read", "write"}),
        ({"scope": None, "scp": "admin read"}, {"admin", "read"}),
        ({"scope": 7}, set[str]()),
    ],
)
def test_scopes_are_read_as_issuers_write_them(issuer: Issuer, claims: dict[str, Any], scopes: set[str]) -> None:
    assert verifier(issuer).verify(issuer.sign(claims)).scopes == scopes


def test_a_token_that_grants_too_little_is_told_apart(issuer: Issuer) -> None:
    with pytest.raises(InsufficientScope) as raised:
        verifier(issuer, scopes=["read", "readwrite", "admin"]).verify(issuer.sign())

    error = raised.value
    assert (error.status, error.error, error.scopes) == (403, "insufficient_scope", ("read", "readwrite", "admin"))
    assert str(error) == "it does not grant readwrite admin (in a bearer token)"


def test_any_of_several_audiences_will_do(issuer: Issuer) -> None:
    several = verifier(issuer, audience=["bank", "shop"])

    assert several.verify(issuer.sign({"aud": ["garden", "bank"]})).subject == "anna"


def test_a_client_can_stand_in_for_an_audience_that_is_missing(issuer: Issuer) -> None:
    lenient = verifier(issuer, accepts_client_id=True)

    assert lenient.verify(issuer.sign({"client_id": "shop"}, without=("aud",))).subject == "anna"
    with pytest.raises(TokenRefused, match="another audience"):
        lenient.verify(issuer.sign({"client_id": "shop", "aud": "bank"}))


def test_times_have_the_leeway_that_is_given(issuer: Issuer) -> None:
    clock = Clock()
    strict, token = verifier(issuer, clock=clock, leeway=5), issuer.sign({"exp": int(clock.now) + 10})

    clock.now = int(clock.now) + 14.9
    assert strict.verify(token).subject == "anna"
    clock.now += 0.2
    with pytest.raises(TokenRefused, match="expired"):
        strict.verify(token)


def test_only_allowed_algorithms_are_taken(issuer: Issuer) -> None:
    with pytest.raises(TokenRefused, match="not allowed"):
        verifier(issuer, algorithms=["RS256"]).verify(issuer.sign(algorithm="ES256"))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "RSA"])
def test_no_algorithm_with_a_shared_secret_can_be_allowed(algorithm: str) -> None:
    assert algorithm not in ALGORITHMS
    with pytest.raises(OptionError, match=algorithm):
        TokenVerifier(issuer="https://login.example.com", audience="shop", algorithms=[algorithm])


@pytest.mark.parametrize(
    "settings",
    [
        {"algorithms": []},
        {"audience": ""},
        {"audience": []},
        {"audience": ["shop", ""]},
        {"issuer": "http://login.example.com"},
        {"issuer": "login.example.com"},
        {"issuer": "file:///etc/passwd"},
        {"issuer": "https://"},
        {"issuer": "https://[::1"},
        {"issuer": "https://me:secret@login.example.com"},
        {"issuer": "https://login.example.com/?a=1"},
        {"issuer": "https://login.example.com/#a"},
        {"issuer": "http://127.0.0.1.example.com"},
    ],
)
def test_settings_that_let_anything_pass_are_refused(settings: dict[str, Any]) -> None:
    given: dict[str, Any] = {"issuer": "https://login.example.com", "audience": "shop", **settings}

    with pytest.raises(OptionError):
        TokenVerifier(**given)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "scope", "scp", "client_id"])
_GOOD: dict[str, Any] = {"iss": "https://login.example.com", "aud": "shop", "sub": "", "exp": 2**40}


@given(claims=st.dictionaries(_NAMES, _JSON))
def test_claims_of_any_shape_are_judged_and_nothing_else_happens(claims: dict[str, Any]) -> None:
    rules = ClaimRules(issuer=_GOOD["iss"], audience=["shop"])
    flaw = None
    try:
        rules.check(_GOOD | claims, now=1.0)
    except TokenRefused as error:
        flaw = error.flaw

    assert flaw in {None, "claims", "issuer", "audience", "expired", "too early"}
    assert flaw is None or _GOOD | claims != _GOOD


@given(token=st.text() | st.from_regex(r"\A[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}\Z"))
def test_text_of_any_kind_is_refused_before_a_key_is_asked_for(token: str) -> None:
    with pytest.raises(TokenRefused):
        TokenVerifier(issuer="http://127.0.0.1:1", audience="shop").verify(token)


@pytest.mark.parametrize("package", ["jwt", "cryptography"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(package: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; import lambdakit.auth"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (
        f"MissingExtra: {package} is not installed (in lambdakit.auth). Fix: pip install 'lambdakit[auth]'"
        in (ended.stderr.splitlines()[-1])
    )
