"""Authorizer functions in this process, and requests to ask them about."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lambdakit.emulator import FunctionConfiguration, Outcome, Report
from lambdakit.emulator.authorizers import Authorized, Authorizer
from lambdakit.events import Gateway, Request, Response

REPORT = Report(request_id="", duration_ms=1.0, memory_size_mb=128, max_memory_used_mb=1)
ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5"


class Asked:
    """Calls a handler as Lambda would, and keeps the events that it was asked with."""

    def __init__(self, handler: Callable[[Any], Any] = lambda _: None) -> None:
        self._handler = handler
        self.events: list[Any] = []
        self.configuration = configuration()

    async def invoke(self, payload: bytes) -> Outcome:
        event = json.loads(payload)
        self.events.append(event)
        await asyncio.sleep(0)
        try:
            result, error_type = self._handler(event), None
        except Exception as error:  # noqa: BLE001 (Lambda reports whatever the handler raises)
            result, error_type = {"errorMessage": str(error), "errorType": type(error).__name__}, type(error).__name__
        return Outcome(payload=json.dumps(result).encode(), error_type=error_type, phase="invoke", report=REPORT)


def configuration() -> FunctionConfiguration:
    return FunctionConfiguration(handler="guard.handler", task_root=Path())


def policy(effect: str = "Allow", resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {"principalId": "anna", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


def get(path: str = "/items", *, root_path: str = "", query: str = "", **headers: str) -> Request:
    raw_path = (root_path + path).encode()
    pairs = [(b"host", b"127.0.0.1:20123")]
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request("GET", root_path + path, raw_path, query.encode(), pairs, root_path=root_path)


def decide(authorizer: Authorizer, request: Request) -> Authorized | Response:
    return asyncio.run(authorizer.authorize(request, Gateway()))


def shown(answer: Authorized | Response) -> tuple[int, Any]:
    """Return the status and the body of a refusal."""
    assert isinstance(answer, Response)
    return answer.status, json.loads(answer.body)
