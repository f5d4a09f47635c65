"""Through each front door's own socket, an app gives the answers that it gives under uvicorn."""

from collections.abc import Generator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings

from lambdakit.asgi import LambdaApp
from lambdakit.events import Request
from tests.asgi.effects import Got, Seen, changed_request, changed_response
from tests.asgi.servers import Answer, Peers, Probe, exchange, peers
from tests.asgi.test_same_as_uvicorn import ANSWERS, REQUESTS, SLOW_IS_FINE, TEXT, answers, comparable, make, requests
from tests.emulator.front_doors.functions import door_before

DOORS = [
    ("function-url", False),
    ("function-url", True),
    ("http-api", False),
    ("rest-api", False),
    ("rest-api", True),
    ("alb", False),
]
OF_THE_SERVICE = {"x-amzn-requestid", "apigw-requestid", "date", "content-length"}


class Doors:
    """One app behind uvicorn and behind every front door."""

    def __init__(self, uvicorn: Peers, probe: Probe, addresses: dict[tuple[str, bool], tuple[str, int]]) -> None:
        self._uvicorn = uvicorn
        self._probe = probe
        self._addresses = addresses

    def compare(self, request: Request, answer: Answer) -> None:
        here = [(name, b"localhost" if name == b"host" else value) for name, value in request.headers]
        request = request._replace(headers=[pair for pair in here if pair[0] != b"origin"])
        seen, got = self._uvicorn.through_uvicorn(request, answer)
        for via, streams in DOORS:
            door_seen, door_got = self._through(via, request, answer, streams=streams)
            assert comparable(door_seen, via) == changed_request(seen, via), (via, streams)
            assert without_own(door_got) == without_own(changed_response(got, via)), (via, streams)

    def _through(self, via: str, request: Request, answer: Answer, *, streams: bool) -> tuple[Seen, Got]:
        self._probe.answer, self._probe.seen = answer, None
        if via == "rest-api":
            request = request._replace(raw_path=b"/prod" + request.raw_path)
        got = exchange(self._addresses[via, streams], request)
        assert self._probe.seen is not None
        return self._probe.seen, got


def without_own(got: Got) -> Got:
    """Leave out what every server and service says for itself, and the spaces that no header keeps on the wire."""
    headers = {name: [value.strip() for value in values] for name, values in got.headers.items()}
    return got._replace(headers={name: values for name, values in headers.items() if name not in OF_THE_SERVICE})


@pytest.fixture(scope="module")
def doors() -> Generator[Doors]:
    with peers() as uvicorn, ExitStack() as stack:
        probe = Probe()
        handler = LambdaApp(probe)
        stack.callback(handler.close)
        addresses = {
            (via, streams): stack.enter_context(door_before(handler, via, streams=streams)) for via, streams in DOORS
        }
        yield Doors(uvicorn, probe, addresses)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_reaches_the_app_as_under_uvicorn(doors: Doors, name: str) -> None:
    doors.compare(REQUESTS[name], Answer(200, [TEXT], (b"hello",)))


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_reaches_the_client_as_under_uvicorn(doors: Doors, name: str, method: str) -> None:
    doors.compare(make(method), ANSWERS[name])


@pytest.mark.timeout(300)
def test_random_requests_and_answers_are_the_same_as_under_uvicorn(doors: Doors) -> None:
    @settings(
        max_examples=200,
        deadline=None,
        suppress_health_check=[*SLOW_IS_FINE, HealthCheck.filter_too_much],
        database=None,
    )
    @given(requests(), answers())
    def compare_random(request: Request, answer: Answer) -> None:
        doors.compare(request, answer)

    compare_random()
