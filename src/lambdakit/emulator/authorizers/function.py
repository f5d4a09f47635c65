"""Lambda authorizers: another function decides who may call."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lambdakit.emulator.authorizers.policy import BadPolicy, Verdict, judge
from lambdakit.emulator.authorizers.protocol import Authorized
from lambdakit.emulator.authorizers.questions import Question, Via, as_token, ask, find_identity
from lambdakit.emulator.authorizers.refusals import BROKEN, DENIED, DENIED_EXPLICITLY, UNAUTHORIZED
from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.outcome import Outcome
from lambdakit.errors import LambdakitError
from lambdakit.events import Gateway, Request, Response

_MOST_ANSWERS = 1_000
_LONGEST_WAIT: Mapping[Via, float] = {"http-api": 10.0, "rest-api": 29.0}
"""Seconds; https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html says so of HTTP APIs."""


class Decider(Protocol):
    """The function that is asked."""

    @property
    def configuration(self) -> FunctionConfiguration:
        """What the code that answers was started with; another object stands for other code."""
        ...

    async def invoke(self, payload: bytes) -> Outcome:
        """Invoke it with an event."""
        ...


@dataclass(frozen=True, kw_only=True)
class AskingRules:
    """How a function is asked.

    Without one of the `identity` sources, such as `$request.header.Authorization`, a request is refused before the
    function is asked. With `sends_token` it gets the first of them in place of the request. An answer counts for `ttl`
    seconds. A function that does not answer within `longest_wait` seconds has failed; None is the gateway's own time.
    """

    identity: Sequence[str]
    ttl: float = 300
    sends_token: bool = False
    longest_wait: float | None = None


class _Failed(Exception):
    """The authorizer gave no answer; the message says why."""


class _Kept(NamedTuple):
    answer: Mapping[str, Any]
    until: float
    configuration: FunctionConfiguration


class FunctionAuthorizer:
    """Asks a function as HTTP APIs do with payload format 2.0 (simple answers or policies), or as REST APIs do.

    An answer counts for all requests of the same identity, unless the function's code changes; a policy is evaluated
    for each of them. A function that has failed by its time runs on, as on AWS.
    """

    def __init__(
        self,
        decider: Decider,
        via: Via,
        rules: AskingRules,
        *,
        log: Callable[[str], None],
        region: str = "us-east-1",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._decider = decider
        self._via: Via = via
        self._rules = rules
        self._log = log
        self._region = region
        self._clock = clock
        self._longest_wait = _LONGEST_WAIT[via] if rules.longest_wait is None else rules.longest_wait
        self._running: set[asyncio.Future[Outcome]] = set()
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:
        """Let a request pass if the function says so."""
        identity = find_identity(request, self._rules.identity)
        if identity is None:
            return UNAUTHORIZED[self._via]
        question = ask(self._via, request, gateway, identity, self._region)
        if self._rules.sends_token:
            question = as_token(question, identity[0])
        try:
            return await self._answer(identity, question)
        except (_Failed, BadPolicy) as error:
            self._log(f"the authorizer {self._decider.configuration.name} gave no answer that counts: {error}")
            return BROKEN[self._via]

    async def _answer(self, identity: tuple[str, ...], question: Question) -> Authorized | Response:
        kept, configuration = self._kept.get(identity), self._decider.configuration
        if kept is not None and self._clock() < kept.until and kept.configuration is configuration:
            return self._decide(kept.answer, question.arn)
        answer = await self._ask(question)
        if answer is None:
            return UNAUTHORIZED[self._via]
        decision = self._decide(answer, question.arn)
        if self._rules.ttl:
            self._keep(identity, _Kept(answer, self._clock() + self._rules.ttl, configuration))
        return decision

    def _keep(self, identity: tuple[str, ...], kept: _Kept) -> None:
        self._kept[identity] = kept
        self._kept.move_to_end(identity)
        if len(self._kept) > _MOST_ANSWERS:
            self._kept.popitem(last=False)

    async def _ask(self, question: Question) -> Mapping[str, Any] | None:
        """Return what the function answers, or None if it says that there is nobody to judge."""
        outcome = await self._run(json.dumps(question.event).encode())
        try:
            answer = json.loads(outcome.payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise _Failed("it did not return an object")
        if outcome.failed:
            if answer.get("errorMessage") == "Unauthorized":  # pyright: ignore[reportUnknownMemberType] (JSON)
                return None
            raise _Failed(f"{outcome.error_type}: {answer.get('errorMessage')}")  # pyright: ignore[reportUnknownMemberType] (JSON)
        return answer  # pyright: ignore[reportUnknownVariableType] (JSON)

    async def _run(self, payload: bytes) -> Outcome:
        invocation = asyncio.ensure_future(self._decider.invoke(payload))
        self._running.add(invocation)
        invocation.add_done_callback(self._let_go)
        done, _ = await asyncio.wait({invocation}, timeout=self._longest_wait)
        if not done:
            raise _Failed(f"it took longer than {self._longest_wait:g} s")
        if invocation.cancelled():
            raise _Failed("it was ended")
        try:
            return invocation.result()
        except LambdakitError as error:
            raise _Failed(str(error)) from error

    def _let_go(self, invocation: "asyncio.Future[Outcome]") -> None:
        self._running.discard(invocation)
        # Asked for, so that asyncio does not log what nobody waits for any more.
        if not invocation.cancelled():
            invocation.exception()

    def _decide(self, answer: Mapping[str, Any], arn: str) -> Authorized | Response:
        verdict = self._judge(answer, arn)
        if verdict == "allow":
            return Authorized(self._context(answer))
        self._log(f"the authorizer {self._decider.configuration.name} lets nobody pass who shows this identity")
        return (DENIED_EXPLICITLY if verdict == "deny" else DENIED)[self._via]

    def _judge(self, answer: Mapping[str, Any], arn: str) -> Verdict:
        if self._via == "http-api" and "isAuthorized" in answer:
            if not isinstance(answer["isAuthorized"], bool):
                raise _Failed("isAuthorized is neither true nor false")
            return "allow" if answer["isAuthorized"] else "nothing"
        if "policyDocument" not in answer:
            raise _Failed("it returned no policyDocument" + (" or isAuthorized" if self._via == "http-api" else ""))
        return judge(answer["policyDocument"], arn)

    def _context(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        context = answer.get("context")
        if context is not None and not isinstance(context, dict):
            raise _Failed("context is no object")
        if self._via == "http-api":
            return {"lambda": context}
        return {**_flat(context or {}), "principalId": answer.get("principalId"), "integrationLatency": 0}  # pyright: ignore[reportUnknownArgumentType] (JSON)


def _flat(context: Mapping[str, Any]) -> dict[str, str]:
    """Return a context as a REST API hands it on, all as text; it takes no lists and no objects."""
    if not all(isinstance(value, str | int | float) for value in context.values()):
        raise _Failed("context holds more than text, numbers, true and false")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in context.items()}
