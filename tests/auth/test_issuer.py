"""How keys are found, kept and found again."""

import threading
import time
from typing import Any

import pytest

from lambdakit.auth import Issuer, TokenVerifier
from lambdakit.auth.documents import fetch
from lambdakit.auth.issuer import metadata_addresses
from lambdakit.errors import IssuerFault, OptionError, TokenRefused
from tests.auth.issuers import Clock, in_parallel
from tests.auth.issuers import Issuer as Server

OPENID, KEYS = "/.well-known/openid-configuration", "/keys"


def verifier(server: Server, clock: Clock | None = None, **settings: Any) -> TokenVerifier:
    issuer = Issuer(server.address, clock=clock or Clock(), **settings)
    return TokenVerifier(issuer=issuer, audience="shop", leeway=10**6)


def test_keys_are_fetched_when_first_needed_and_then_kept(issuer: Server) -> None:
    verify = verifier(issuer).verify
    assert issuer.requests == []

    for _ in range(3):
        verify(issuer.sign())

    assert issuer.requests == [OPENID, KEYS]


def test_many_first_tokens_share_one_fetch(issuer: Server) -> None:
    shared, subjects = verifier(issuer), list[str]()
    issuer.gate = threading.Event()
    token = issuer.sign()

    threads = in_parallel(8, lambda: subjects.append(shared.verify(token).subject))
    issuer.gate.set()
    for thread in threads:
        thread.join(20)

    assert (subjects, issuer.requests) == (["anna"] * 8, [OPENID, KEYS])


def test_a_key_that_is_new_is_found_and_one_that_is_gone_is_refused(issuer: Server) -> None:
    clock = Clock()
    verify = verifier(issuer, clock).verify
    old = issuer.sign()
    verify(old)
    issuer.rotate("two", "rsa")

    clock.now += 10
    assert verify(issuer.sign()).subject == "anna"
    with pytest.raises(TokenRefused, match="no key of its name"):
        verify(old)


def test_made_up_names_of_keys_cause_no_more_fetches_than_one_in_a_pause(issuer: Server) -> None:
    clock = Clock()
    verify = verifier(issuer, clock, pause=10).verify
    verify(issuer.sign())

    for second in range(21):
        with pytest.raises(TokenRefused, match="no key of its name"):
            verify(issuer.sign(headers={"kid": f"made up {second}"}))
        clock.now += 1

    assert issuer.requests.count(KEYS) == 3


def test_old_keys_are_fetched_anew(issuer: Server) -> None:
    clock = Clock()
    verify = verifier(issuer, clock, lifetime=100).verify
    for moment in (0, 99, 2):
        clock.now += moment
        verify(issuer.sign())

    assert issuer.requests.count(KEYS) == 2


def test_a_clock_that_is_set_back_makes_keys_old(issuer: Server) -> None:
    clock = Clock()
    verify = verifier(issuer, clock).verify
    verify(issuer.sign())
    clock.now -= 50_000
    verify(issuer.sign())

    assert issuer.requests.count(KEYS) == 2


def test_the_last_good_keys_outlast_an_outage_for_as_long_as_is_said(issuer: Server) -> None:
    clock = Clock()
    verify = verifier(issuer, clock, lifetime=100, longest_outage=1_000).verify
    token = issuer.sign()
    verify(token)
    issuer.status = 503

    clock.now += 999
    assert verify(token).subject == "anna"
    clock.now += 11
    with pytest.raises(IssuerFault, match="the server answers with 503"):
        verify(token)
    issuer.status = 200
    with pytest.raises(IssuerFault, match="503"):
        verify(token)
    clock.now += 10
    assert verify(token).subject == "anna"


def test_an_outage_costs_one_fetch_in_a_pause(issuer: Server) -> None:
    clock = Clock()
    verify = verifier(issuer, clock).verify
    issuer.status = 503
    for _ in range(5):
        with pytest.raises(IssuerFault):
            verify(issuer.sign())

    assert issuer.requests == [OPENID]


def test_nobody_waits_for_a_fetch_while_there_are_good_keys(issuer: Server) -> None:
    clock = Clock()
    shared = verifier(issuer, clock, lifetime=100, timeout=30)
    token = issuer.sign()
    shared.verify(token)
    clock.now += 101
    issuer.gate, count = threading.Event(), len(issuer.requests)
    [fetching] = in_parallel(1, lambda: shared.verify(token))
    end = time.monotonic() + 20
    while len(issuer.requests) < count + 2 and time.monotonic() < end:
        time.sleep(0.01)

    assert shared.verify(token).subject == "anna"
    assert fetching.is_alive()
    issuer.gate.set()
    fetching.join(20)


def test_the_place_of_keys_can_be_given(issuer: Server) -> None:
    verifier(issuer, key_set=f"{issuer.address}/keys").verify(issuer.sign())

    assert issuer.requests == [KEYS]


def test_metadata_can_be_where_oauth_has_it(issuer: Server) -> None:
    issuer.metadata_place = "/.well-known/oauth-authorization-server"
    verifier(issuer).verify(issuer.sign())

    assert issuer.requests == [OPENID, issuer.metadata_place, KEYS]


def test_metadata_can_be_looked_for_where_openid_has_it_alone(issuer: Server) -> None:
    issuer.metadata_place = "/.well-known/oauth-authorization-server"
    with pytest.raises(IssuerFault, match="answers with 404"):
        verifier(issuer, openid_only=True).verify(issuer.sign())

    assert issuer.requests == [OPENID]


def test_the_path_of_an_issuer_comes_before_or_after_the_well_known_part() -> None:
    assert metadata_addresses("https://login.example.com/shop/") == (
        "https://login.example.com/shop/.well-known/openid-configuration",
        "https://login.example.com/.well-known/oauth-authorization-server/shop",
    )


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"issuer": "https://evil.example"}, "is that of 'https://evil.example'"),
        ({"issuer": None}, "is that of None"),
        ({"jwks_uri": "http://evil.example/keys"}, "names no https address"),
        ({"jwks_uri": "file:///etc/passwd"}, "names no https address"),
        ({"jwks_uri": None}, "names no https address"),
        ({"jwks_uri": "http://127.0.0.1:1/keys"}, "cannot be fetched"),
    ],
)
def test_metadata_that_lies_is_not_followed(issuer: Server, metadata: dict[str, Any], problem: str) -> None:
    issuer.metadata = metadata
    with pytest.raises(IssuerFault, match=problem):
        verifier(issuer).verify(issuer.sign())

    assert KEYS not in issuer.requests


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "is no JSON object"),
        (b"{}", "no list of keys"),
        (b'{"keys": {}}', "no list of keys"),
        (b'{"keys": [' + b"{}," * 100 + b"{}]}", "more than 100 keys"),
        (b" " * 262_145, "more than 262144 bytes"),
    ],
)
def test_a_document_that_is_no_key_set_is_named(issuer: Server, document: bytes, problem: str) -> None:
    issuer.document = document
    with pytest.raises(IssuerFault, match=problem):
        verifier(issuer).verify(issuer.sign())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(issuer: Server, status: int) -> None:
    issuer.status, issuer.headers = status, {"Location": f"{issuer.address}/elsewhere"}
    with pytest.raises(IssuerFault, match=f"answers with {status}"):
        verifier(issuer).verify(issuer.sign())

    assert issuer.requests == [OPENID]


def test_a_server_that_drips_is_given_up(issuer: Server) -> None:
    issuer.pieces, issuer.pause = 1_000, 0.05
    began = time.monotonic()
    with pytest.raises(IssuerFault, match="it takes longer"):
        verifier(issuer, timeout=0.3).verify(issuer.sign())

    assert time.monotonic() - began < 10


def test_a_server_that_says_nothing_is_given_up(issuer: Server) -> None:
    issuer.gate = threading.Event()
    with pytest.raises(IssuerFault, match="timed out"):
        verifier(issuer, timeout=0.2).verify(issuer.sign())
    issuer.gate.set()


def test_a_body_that_breaks_off_is_no_document(issuer: Server) -> None:
    issuer.headers = {"Content-Length": "100000"}
    with pytest.raises(IssuerFault, match=r"broke off|timed out|cannot be fetched"):
        verifier(issuer, timeout=1).verify(issuer.sign())


def test_a_server_without_a_certificate_is_not_trusted(issuer: Server) -> None:
    address = issuer.address.replace("http", "https")
    with pytest.raises(IssuerFault, match="cannot be fetched"):
        Issuer(address).find_key("one rsa", "RS256")


@pytest.mark.parametrize("address", ["http://login.example.com", "file:///etc/passwd", "ftp://127.0.0.1/keys", "keys"])
def test_nothing_is_fetched_that_anybody_on_the_way_could_change(address: str) -> None:
    with pytest.raises(IssuerFault, match="is not fetched"):
        fetch(address, timeout=1)


def test_an_address_of_keys_has_to_be_safe_as_well() -> None:
    with pytest.raises(OptionError, match="not safe"):
        Issuer("https://login.example.com", key_set="http://login.example.com/keys")
