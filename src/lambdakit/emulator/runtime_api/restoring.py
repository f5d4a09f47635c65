import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lambdakit.emulator.runtime_api.answer import Answer, reported_error
from lambdakit.emulator.runtime_api.listener import Reply, Request
from lambdakit.emulator.runtime_api.refusal import forbid_transition, refuse

_ERROR_LIMIT = 65_536


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The credentials that a restored function asks for; `token` is what it has to send in `Authorization`."""

    access_key: str = "AKIAIOSFODNN7EXAMPLE"
    secret_key: str = field(default="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", repr=False)
    session_token: str = field(default="example", repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def reply(self, request: Request) -> Reply:
        """Answer a request for credentials; those without the token find none."""
        if not secrets.compare_digest(request.headers.get("authorization", "").encode(), self.token.encode()):
            return refuse(404, "NotFound", "no credentials belong to this Authorization token")
        expiry = datetime.now(UTC) + timedelta(hours=6)
        body = {
            "AccessKeyId": self.access_key,
            "SecretAccessKey": self.secret_key,
            "Token": self.session_token,
            "Expiration": f"{expiry:%Y-%m-%dT%H:%M:%SZ}",
        }
        return Reply(200, json.dumps(body).encode())


class Restoring:
    """The part of the Runtime API that SnapStart adds.

    `reached` completes when the runtime asks to be restored, which is when the snapshot is taken, with that moment on
    `time.perf_counter`. `error` is what an after-restore hook came to.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.reached: asyncio.Future[float] = loop.create_future()
        self.error: Answer | None = None
        self._restored: asyncio.Future[None] = loop.create_future()

    def restore(self) -> None:
        """Let the runtime go on from the snapshot."""
        if not self._restored.done():
            self._restored.set_result(None)

    async def next(self) -> Reply:
        """Answer a runtime that asks to be restored, once it is."""
        if not self.reached.done():
            self.reached.set_result(time.perf_counter())
        await asyncio.wait({self._restored})
        return Reply(200, b"")

    async def fail(self, request: Request) -> Reply:
        """Take the error of an after-restore hook."""
        if not self._restored.done() or self.error is not None:
            return forbid_transition("nothing is being restored")
        body, _ = await request.read(_ERROR_LIMIT)
        self.error = reported_error(body, request.headers)
        return Reply(202, b'{"status":"OK"}')
