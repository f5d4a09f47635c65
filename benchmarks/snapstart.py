"""How long a FastAPI app takes from a restore to its first answer, beside its init.

.venv/bin/python benchmarks/snapstart.py [RESTORES]
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.launching.settling import settle
from lambdakit.emulator.runtime_api.invocation import Invocation
from lambdakit.emulator.snapstart import Snapshot

_SOURCE = """
from fastapi import FastAPI
from lambdakit.asgi import LambdaApp
app = FastAPI()
@app.get("/")
async def root():
    return "hello"
handler = LambdaApp(app)
"""
_EVENT = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {"host": "local"},
    "requestContext": {"domainName": "local.lambda-url.us-east-1.on.aws", "http": {"method": "GET", "path": "/"}},
    "isBase64Encoded": False,
}
_RUNTIMES: tuple[Literal["awslambdaric", "lambdakit"], ...] = ("awslambdaric", "lambdakit")


def _discard(_: str) -> None: ...


async def _answer(snapshot: Snapshot, arn: str) -> tuple[float, float]:
    """Restore one and return the milliseconds to its first request for an event and to its first answer."""
    began = time.perf_counter()
    restored = await snapshot.restore(log=_discard)
    ready = await restored.finish_restore(10)
    invocation = Invocation(payload=json.dumps(_EVENT).encode(), function_arn=arn, deadline=time.time() + 10)
    delivery, _ = await restored.run(invocation, None, 10)
    if delivery.answer is None or b"hello" not in delivery.answer.payload:
        raise RuntimeError(delivery)
    return ready.milliseconds, (time.perf_counter() - began) * 1000


async def _measure(configuration: FunctionConfiguration, count: int) -> None:
    place = await settle(configuration, _discard)
    async with Snapshot.create(place, log=_discard) as snapshot:
        began = time.perf_counter()
        taken = [await _answer(snapshot, configuration.arn) for _ in range(count)]
        seconds = time.perf_counter() - began
        ready, answered = (statistics.median(each[index] for each in taken) for index in (0, 1))
        init = f"{configuration.runtime}: init {snapshot.ending.milliseconds:.0f} ms once"
        print(
            f"{init}; restored {ready:.1f} ms, first answer {answered:.1f} ms (median of {count}); "
            f"{count} in a row, all alive: {seconds:.2f} s",
            flush=True,
        )


def main() -> None:
    """Measure both runtimes."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text(_SOURCE)
        for runtime in _RUNTIMES:
            configuration = FunctionConfiguration(
                handler="app.handler", task_root=Path(folder), memory=1769, runtime=runtime, snapstart=True
            )
            asyncio.run(_measure(configuration, count))


if __name__ == "__main__":
    main()
