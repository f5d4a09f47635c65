"""Every row of the matrix through a real front door, before a function that must not see what is refused."""

import json
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

import pytest

from lambdakit.emulator.authorizers import AskingRules, Authorizer, FunctionAuthorizer, IamAuthorizer
from lambdakit.emulator.authorizers.tokens import HttpApiTokens, RestApiTokens
from tests.auth.issuers import Issuer, serve
from tests.emulator.authorizers.asking import Asked
from tests.emulator.authorizers.matrix import HOSTILE, ROWS, Call, Place, Row, decide
from tests.emulator.front_doors.functions import door_before

LEAST_ROWS = 45


class Doors:
    """A front door for each way of checking, and the events that came through all of them."""

    def __init__(self, stack: ExitStack) -> None:
        self.events: list[Any] = []
        self.issuer = stack.enter_context(serve(Issuer()))
        tokens: dict[str, Any] = {
            "issuer": self.issuer.address,
            "audience": "shop",
            "scopes": ("read", "write"),
            "log": print,
        }
        rules = AskingRules(identity=["$request.header.Authorization"], ttl=0)
        authorizers: dict[str, tuple[str, Authorizer]] = {
            "tokens": ("http-api", HttpApiTokens(**tokens)),
            "rest tokens": ("rest-api", RestApiTokens(**tokens)),
            "rest iam": ("rest-api", IamAuthorizer("rest-api")),
            "url iam": ("function-url", IamAuthorizer("function-url")),
            "rest function": ("rest-api", FunctionAuthorizer(Asked(decide), "rest-api", rules, log=print)),
            "http function": ("http-api", FunctionAuthorizer(Asked(decide), "http-api", rules, log=print)),
        }
        self.addresses = {
            name: stack.enter_context(door_before(self._handle, via, authorizer=authorizer))
            for name, (via, authorizer) in authorizers.items()
        }

    def _handle(self, event: Any, _: Any) -> Any:
        self.events.append(event)
        return {"statusCode": 200, "body": "served"}


@pytest.fixture(scope="module")
def doors() -> Generator[Doors]:
    with ExitStack() as stack:
        yield Doors(stack)


def send(doors: Doors, row: Row) -> tuple[int, bytes, Mapping[str, str]]:
    host, port = doors.addresses[row.door]
    call: Call = row.send(Place(f"http://{host}:{port}", doors.issuer))
    connection = HTTPConnection(host, port, timeout=20)
    try:
        connection.request(call.method, call.target, call.body or None, dict(call.headers))
        response = connection.getresponse()
        return response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_request_is_answered_as_aws_answers_it(doors: Doors, row: Row) -> None:
    seen = len(doors.events)

    status, body, headers = send(doors, row)

    assert status == row.status, body
    assert len(doors.events) - seen == (status == 200)
    if row.body is not None:
        content = json.loads(body)
        assert content.keys() == row.body.keys()
        for name, beginning in row.body.items():
            assert content[name] == beginning or content[name].startswith(beginning)
    assert {name: headers.get(name) for name in row.headers} == row.headers


def test_the_matrix_is_as_large_as_it_has_to_be_and_every_row_has_a_source() -> None:
    assert len(HOSTILE) >= LEAST_ROWS
    assert all(row.sources and all(source.startswith("https://") for source in row.sources) for row in ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)
