"""What docs/guides/protect-functions.md says of its programs, with an issuer on a socket."""

import importlib.util
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lambdakit.auth import TokenVerifier
from lambdakit.errors import IssuerFault
from tests.asgi.apps import send
from tests.auth.issuers import Issuer, serve

SNIPPETS = Path(__file__).parents[2] / "docs/snippets/protect"


@contextmanager
def program(name: str) -> Generator[tuple[Any, Issuer]]:
    """Give a program whose issuer is on this machine."""
    specification = importlib.util.spec_from_file_location(f"protect_{name}", SNIPPETS / f"{name}.py")
    assert specification
    assert specification.loader
    module: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    with serve(Issuer()) as issuer:
        module.verifier = TokenVerifier(issuer=issuer.address, audience="shop", scopes=module.verifier.scopes)
        yield module, issuer


def test_an_app_verifies_tokens_itself() -> None:
    with program("orders") as (orders, issuer):
        tokens = (issuer.sign({"scope": "orders:read"}), issuer.sign(), "a")
        sent = [[(b"authorization", f"Bearer {token}".encode())] for token in tokens]
        answer, *refusals = [send(orders.handler, "/orders", headers=each) for each in sent]
        orders.handler.close()

    assert json.loads(answer.body) == {"orders of": "anna"}
    # Under the name that a function URL gives it.
    assert [(each.status, dict(each.headers)[b"x-amzn-remapped-www-authenticate"]) for each in refusals] == [
        (403, b'Bearer error="insufficient_scope"'),
        (401, b'Bearer error="invalid_token"'),
    ]


def test_an_app_asks_for_patience_while_the_issuer_is_down() -> None:
    with program("orders") as (orders, issuer):
        issuer.status = 500
        answer = send(orders.handler, "/orders", headers=[(b"authorization", f"Bearer {issuer.sign()}".encode())])
        orders.handler.close()

    assert (answer.status, dict(answer.headers)[b"retry-after"]) == (503, b"10")


def test_a_function_does_not_decide_while_the_issuer_is_down() -> None:
    with program("guard") as (guard, issuer):
        issuer.status = 500
        with pytest.raises(IssuerFault):
            guard.handler({"identitySource": [f"Bearer {issuer.sign()}"]}, None)


def test_a_function_decides_for_another() -> None:
    with program("guard") as (guard, issuer):
        events = [
            {"identitySource": [f"Bearer {token}"]}
            for token in (issuer.sign({"scope": "orders:read"}), issuer.sign(), "a")
        ]
        answers = [guard.handler(event, None) for event in events]

    assert answers == [
        {"isAuthorized": True, "context": {"subject": "anna"}},
        {"isAuthorized": False},
        {"isAuthorized": False},
    ]
