"""What the tests of snapshots share: take one of a small function, restore it, call it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.settling import settle
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.snapstart import Restored, Snapshot
from tests.emulator.functions import configure

RUNTIMES = ("awslambdaric", "lambdakit")
LIMIT = 30

PAGE = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {"host": "local"},
    "requestContext": {"domainName": "local.lambda-url.us-east-1.on.aws", "http": {"method": "GET", "path": "/"}},
    "isBase64Encoded": False,
}


@dataclass
class Taken:
    """A snapshot and what was logged: `log` in init, `logs` by each restored environment."""

    snapshot: Snapshot
    configuration: FunctionConfiguration
    log: list[str]
    scratch: Path
    logs: list[list[str]] = field(default_factory=list[list[str]])

    async def restore(self) -> Restored:
        """Restore an environment that has to be ready within the limit."""
        restored = await self.begin()
        assert (await restored.finish_restore(LIMIT)).cause == "ready", (self.log, self.logs)
        return restored

    async def begin(self) -> Restored:
        self.logs.append([])
        return await self.snapshot.restore(log=self.logs[-1].append)

    async def call(self, restored: Restored, event: object = None) -> Any:
        """Invoke it and return what the function returns."""
        invocation = Invocation(
            payload=json.dumps(event).encode(), function_arn=self.configuration.arn, deadline=time.time() + LIMIT
        )
        assert await restored.find_slot()
        delivery, ending = await restored.run(invocation, None, LIMIT)
        assert ending.cause == "ready", (ending, self.log, self.logs)
        assert delivery.answer is not None
        return json.loads(delivery.answer.payload)


def use_snapshot(configuration: FunctionConfiguration, use: Callable[[Taken], Awaitable[None]]) -> None:
    """Take a snapshot, use it, and end all that was restored from it."""

    async def run() -> None:
        log: list[str] = []
        place = await settle(configuration, log.append)
        async with Snapshot.create(place, log=log.append) as snapshot:
            await asyncio.wait_for(use(Taken(snapshot, configuration, log, place.scratch)), LIMIT)

    asyncio.run(run())


def take(folder: Path, source: str, use: Callable[[Taken], Awaitable[None]], **settings: Any) -> None:
    """Write the source as a function, take its snapshot and use it."""
    use_snapshot(configure(folder, source, snapstart=True, **settings), use)
