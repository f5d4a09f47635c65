"""Lambda authorizers: another function decides who may call."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol

from lambdakit.emulator.authorizers.policy import BadPolicy, Verdict, judge
from lambdakit.emulator.authorizers.protocol import Authorized
from lambdakit.emulator.authorizers.questions import Question, Via, as_token, ask, find_identity
from lambdakit.emulator.authorizers.refusals import BROKEN, DENIED, DENIED_EXPLICITLY, UNAUTHORIZED
from lambdakit.emulator.outcome import Outcome
from lambdakit.errors import LambdakitError
from lambdakit.events import Gateway, Request, Response
from lambdakit.project import FunctionAuth

_MOST_ANSWERS = 1_000
_LONGEST_WAIT: Mapping[Via, float] = {"http-api": 10.0, "rest-api": 29.0}
"""Seconds; https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html says so of HTTP APIs."""


class Invoke(Protocol):
    """Invokes the function that decides."""

    def __call__(self, payload: bytes, /) -> Awaitable[Outcome]:
        """Invoke it with an event."""
        ...


class _Failed(Exception):
    """The authorizer gave no answer; the message says why."""


class _Kept(NamedTuple):
    answer: Mapping[str, Any]
    until: float


class FunctionAuthorizer:
    """Asks a function as HTTP APIs do with payload format 2.0 (simple answers or policies), or as REST APIs do.

    Without one of its identity sources a request is refused before the function is asked. An answer counts for `ttl`
    seconds for all requests of the same identity; a policy is evaluated for each of them.
    """

    def __init__(
        self,
        auth: FunctionAuth,
        via: Via,
        invoke: Invoke,
        *,
        log: Callable[[str], None],
        region: str = "us-east-1",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._auth = auth
        self._via: Via = via
        self._invoke = invoke
        self._log = log
        self._region = region
        self._clock = clock
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:
        """Let a request pass if the function says so."""
        identity = find_identity(request, self._auth.identity)
        if identity is None:
            return UNAUTHORIZED[self._via]
        question = ask(self._via, request, gateway, identity, self._region)
        if self._auth.event == "token":
            question = as_token(question, identity[0])
        try:
            answer = await self._find_answer(identity, question)
            return self._decide(answer, question.arn) if answer is not None else UNAUTHORIZED[self._via]
        except (_Failed, BadPolicy) as error:
            self._log(f"the authorizer {self._auth.function} gave no answer that counts: {error}")
            return BROKEN[self._via]

    async def _find_answer(self, identity: tuple[str, ...], question: Question) -> Mapping[str, Any] | None:
        kept = self._kept.get(identity)
        if kept is not None and self._clock() < kept.until:
            return kept.answer
        answer = await self._ask(question)
        if answer is not None and self._auth.ttl:
            self._kept[identity] = _Kept(answer, self._clock() + self._auth.ttl)
            self._kept.move_to_end(identity)
            if len(self._kept) > _MOST_ANSWERS:
                self._kept.popitem(last=False)
        return answer

    async def _ask(self, question: Question) -> Mapping[str, Any] | None:
        """Return what the function answers, or None if it says that there is nobody to judge."""
        try:
            invocation = self._invoke(json.dumps(question.event).encode())
            outcome = await asyncio.wait_for(invocation, _LONGEST_WAIT[self._via])
        except (LambdakitError, TimeoutError) as error:
            raise _Failed(str(error) or "it took too long") from error
        answer = json.loads(outcome.payload or b"null")
        if not isinstance(answer, dict):
            raise _Failed("it did not return an object")
        if outcome.failed:
            if answer.get("errorMessage") == "Unauthorized":  # pyright: ignore[reportUnknownMemberType] (JSON)
                return None
            raise _Failed(f"{outcome.error_type}: {answer.get('errorMessage')}")  # pyright: ignore[reportUnknownMemberType] (JSON)
        return answer  # pyright: ignore[reportUnknownVariableType] (JSON)

    def _decide(self, answer: Mapping[str, Any], arn: str) -> Authorized | Response:
        verdict = self._judge(answer, arn)
        if verdict == "allow":
            return Authorized(self._context(answer))
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
