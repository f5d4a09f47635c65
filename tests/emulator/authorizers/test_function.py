"""Functions that decide who may call."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from lambdakit.emulator import Outcome
from lambdakit.emulator.authorizers import AskingRules, Authorized, FunctionAuthorizer
from lambdakit.emulator.authorizers.questions import Via
from lambdakit.errors import Throttled
from lambdakit.events import Gateway, Response
from tests.auth.issuers import Clock
from tests.emulator.authorizers.asking import ARN, Asked, configuration, decide, get, policy, shown
from tests.events.golden import load

YES = {"isAuthorized": True, "context": {"team": "tea", "level": 3}}
BROKEN: dict[Via, Any] = {"http-api": (500, {"message": "Internal Server Error"}), "rest-api": (500, {"message": None})}
UNAUTHORIZED = (401, {"message": "Unauthorized"})
DENIED: dict[Via, Any] = {
    "http-api": (403, {"message": "Forbidden"}),
    "rest-api": (403, {"Message": "User is not authorized to access this resource"}),
}
VIAS: list[Via] = ["http-api", "rest-api"]


def make(asked: Any, via: Via = "http-api", clock: Clock | None = None, **settings: Any) -> FunctionAuthorizer:
    given: dict[str, Any] = {"identity": ["$request.header.Authorization"], **settings}
    return FunctionAuthorizer(asked, via, AskingRules(**given), log=print, clock=clock or Clock())


def context(answer: Authorized | Response) -> Any:
    assert isinstance(answer, Authorized)
    return answer.context


def test_a_simple_answer_lets_a_request_of_an_http_api_pass() -> None:
    asked = Asked(lambda _: YES)

    answer = decide(make(asked), get("/items", query="a=1", authorization="Bearer abc"))

    assert context(answer) == {"lambda": {"team": "tea", "level": 3}}
    [event] = asked.events
    assert (event["type"], event["version"], event["identitySource"]) == ("REQUEST", "2.0", ["Bearer abc"])
    assert event["routeArn"] == f"{ARN}/$default/GET/items"
    assert event["queryStringParameters"] == {"a": "1"}


def test_a_policy_lets_a_request_of_a_rest_api_pass() -> None:
    asked = Asked(lambda event: policy(resource=event["methodArn"], context={"n": 1, "f": 0.5, "b": True, "t": "x"}))

    answer = decide(make(asked, "rest-api"), get("/items", root_path="/prod", authorization="abc"))

    assert context(answer) == {
        "principalId": "anna",
        "n": "1",
        "f": "0.5",
        "b": "true",
        "t": "x",
        "integrationLatency": 0,
    }
    [event] = asked.events
    assert (event["type"], event["path"], event["methodArn"]) == ("REQUEST", "/items", f"{ARN}/prod/GET/items")
    assert event["requestContext"]["path"] == "/prod/items"


def test_a_rest_api_can_send_the_token_alone() -> None:
    asked = Asked(lambda _: policy())

    assert isinstance(
        decide(make(asked, "rest-api", sends_token=True), get("/items", root_path="/prod", authorization="abc")),
        Authorized,
    )
    assert asked.events == [{"type": "TOKEN", "authorizationToken": "abc", "methodArn": f"{ARN}/prod/GET/items"}]


@pytest.mark.parametrize(("via", "recorded"), [("http-api", "http-api"), ("rest-api", "request")])
def test_an_event_has_the_fields_of_a_recorded_one(via: Via, recorded: str) -> None:
    asked = Asked(lambda _: policy())
    decide(make(asked, via), get("/orders", authorization="Bearer abc"))

    expected = load(f"authorizer--{recorded}")
    assert set(asked.events[0]) == set(expected) | ({"queryStringParameters"} & set(asked.events[0]))


@pytest.mark.parametrize("via", VIAS)
def test_a_policy_answers_for_either_api_and_is_judged_for_each_request(via: Via) -> None:
    asked = Asked(lambda _: policy(resource=f"{ARN}/*/GET/items/*"))
    authorizer = make(asked, via)

    assert isinstance(decide(authorizer, get("/items/1", authorization="abc")), Authorized)
    assert shown(decide(authorizer, get("/orders", authorization="abc"))) == DENIED[via]
    assert len(asked.events) == 1


@pytest.mark.parametrize("via", VIAS)
@pytest.mark.parametrize("request_", [get(), get(authorization=""), get(query="Authorization=abc")])
def test_without_an_identity_nobody_is_asked(via: Via, request_: Any) -> None:
    asked = Asked(lambda _: YES)

    assert shown(decide(make(asked, via), request_)) == UNAUTHORIZED
    assert asked.events == []


def test_every_identity_source_has_to_be_there() -> None:
    asked = Asked(lambda _: YES)
    sources = ("$request.header.X-Team", "$request.querystring.key.name")
    authorizer = make(asked, identity=sources)

    assert shown(decide(authorizer, get(x_team="tea"))) == UNAUTHORIZED
    assert shown(decide(authorizer, get(x_team="tea", query="key.name="))) == UNAUTHORIZED
    assert isinstance(decide(authorizer, get(x_team="tea", query="key.name=a%20b")), Authorized)
    assert asked.events[0]["identitySource"] == ["tea", "a b"]


def test_without_identity_sources_every_request_is_judged() -> None:
    asked = Asked(lambda _: YES)
    authorizer = make(asked, identity=(), ttl=0)

    for _ in range(2):
        assert isinstance(decide(authorizer, get()), Authorized)
    assert len(asked.events) == 2


def test_an_answer_counts_for_its_identity_until_its_time_is_over() -> None:
    asked, clock = Asked(lambda event: {"isAuthorized": event["identitySource"] == ["good"]}), Clock()
    authorizer = make(asked, clock=clock, ttl=10)

    for moment, count in ((0, 2), (9.9, 2), (0.2, 4)):
        clock.now += moment
        assert isinstance(decide(authorizer, get(authorization="good")), Authorized)
        assert shown(decide(authorizer, get(authorization="bad"))) == DENIED["http-api"]
        assert len(asked.events) == count


def test_no_more_than_a_thousand_answers_are_kept() -> None:
    asked = Asked(lambda _: YES)
    authorizer = make(asked)
    for number in range(1_001):
        decide(authorizer, get(authorization=str(number)))

    decide(authorizer, get(authorization="1000"))
    assert len(asked.events) == 1_001
    decide(authorizer, get(authorization="0"))
    assert len(asked.events) == 1_002


def answering(answer: Any) -> Any:
    def handler(_: Any) -> Any:
        return answer

    return handler


def raising(message: str) -> Any:
    def handler(_: Any) -> Any:
        raise ValueError(message)

    return handler


NO_ANSWERS: dict[str, Any] = {
    "an error": raising("no database"),
    "an error that begins alike": raising("Unauthorized: expired"),
    "nothing": answering(None),
    "a word": answering("allow"),
    "an empty object": answering({}),
    "an HTTP response": answering({"statusCode": 200, "body": "{}"}),
    "no policy": answering({"policyDocument": None}),
    "a statement that is a word": answering({"policyDocument": {"Statement": ["Allow"]}}),
    "an unknown effect": answering(policy("allow")),
    "a resource that is a number": answering(policy(resource=1)),
    "a context that is a list": answering(policy(context=["tea"])),
}


@pytest.mark.parametrize("via", VIAS)
@pytest.mark.parametrize("name", NO_ANSWERS)
def test_an_answer_that_says_nothing_is_a_failure_and_is_not_kept(via: Via, name: str) -> None:
    asked = Asked(NO_ANSWERS[name])
    authorizer = make(asked, via)

    for _ in range(2):
        assert shown(decide(authorizer, get(authorization="abc"))) == BROKEN[via]
    assert len(asked.events) == 2


def test_isauthorized_is_true_or_false_and_for_http_apis_alone() -> None:
    assert shown(decide(make(Asked(lambda _: {"isAuthorized": 1})), get(authorization="a"))) == BROKEN["http-api"]
    simple = make(Asked(lambda _: YES), "rest-api")
    assert shown(decide(simple, get(authorization="a"))) == BROKEN["rest-api"]


@pytest.mark.parametrize("value", [{"a": {}}, {"a": []}, {"a": None}])
def test_the_context_of_a_rest_api_is_flat(value: Any) -> None:
    flat = make(Asked(lambda _: policy(context=value)), "rest-api")

    assert shown(decide(flat, get(authorization="abc"))) == BROKEN["rest-api"]


@pytest.mark.parametrize("via", VIAS)
def test_a_function_can_say_that_there_is_nobody_to_judge(via: Via) -> None:
    asked = Asked(raising("Unauthorized"))
    authorizer = make(asked, via)

    for _ in range(2):
        assert shown(decide(authorizer, get(authorization="abc"))) == UNAUTHORIZED
    assert len(asked.events) == 2


class Streaming(Asked):
    async def invoke(self, payload: bytes) -> Outcome:
        return replace(await super().invoke(payload), payload=b"{}" + bytes(8), is_streamed=True)


def test_a_function_that_streams_gives_no_answer() -> None:
    assert shown(decide(make(Streaming()), get(authorization="abc"))) == BROKEN["http-api"]


class Full(Asked):
    async def invoke(self, payload: bytes) -> Outcome:
        raise Throttled("no room", reason="ReservedFunctionConcurrentInvocationLimitExceeded")


def test_a_function_that_cannot_be_asked_has_failed() -> None:
    assert shown(decide(make(Full()), get(authorization="abc"))) == BROKEN["http-api"]


class Slow(Asked):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.answered = asyncio.Event(), asyncio.Event()

    async def invoke(self, payload: bytes) -> Outcome:
        await self.gate.wait()
        self.answered.set()
        raise Throttled("late", reason="")


def test_a_function_that_takes_too_long_has_failed_and_runs_on() -> None:
    async def work() -> None:
        slow = Slow()
        answer = await make(slow, longest_wait=0.01).authorize(get(authorization="abc"), Gateway())
        assert shown(answer) == BROKEN["http-api"]
        slow.gate.set()
        await asyncio.wait_for(slow.answered.wait(), 20)

    asyncio.run(work())


class Ending(Asked):
    async def invoke(self, payload: bytes) -> Outcome:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        raise AssertionError


def test_a_function_that_is_ended_meanwhile_has_failed() -> None:
    assert shown(decide(make(Ending()), get(authorization="abc"))) == BROKEN["http-api"]


def test_an_answer_counts_no_longer_when_the_code_is_another() -> None:
    asked = Asked(lambda _: YES)
    authorizer = make(asked)

    for _ in range(2):
        decide(authorizer, get(authorization="abc"))
    asked.configuration = configuration()
    decide(authorizer, get(authorization="abc"))
    assert len(asked.events) == 2


def test_repeated_headers_are_one_identity() -> None:
    asked = Asked(lambda _: YES)
    request = get(authorization="a")
    request = request._replace(headers=[*request.headers, (b"authorization", b"b")])

    decide(make(asked), request)
    assert asked.events[0]["identitySource"] == ["a,b"]
