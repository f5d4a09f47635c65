"""The app that is deployed: each route shows one thing that the runtime claims."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse

from lambdakit.asgi import LambdaApp
from lambdakit.coldstart import after_restore, before_snapshot
from lambdakit.runtime.hosting import is_hosting

marks: list[str] = []
finished: list[int] = []
running: list[int] = []

before_snapshot(lambda: marks.append("before snapshot"))
after_restore(lambda: marks.append("after restore"))


@asynccontextmanager
async def _start(_app: FastAPI) -> AsyncGenerator[None]:
    marks.append("startup")
    yield


app = FastAPI(lifespan=_start)


@app.get("/marks")
async def read_marks() -> dict[str, Any]:
    """Tell what has happened in this process, and who runs it."""
    kind = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "")
    return {"marks": marks, "kind": kind, "is_hosted": is_hosting(), "process": _process()}


@app.get("/stream")
async def stream(pieces: int, pause: float) -> StreamingResponse:
    """Send pieces, with a pause before each but the first."""

    async def send() -> AsyncIterator[str]:
        for number in range(pieces):
            await asyncio.sleep(pause if number else 0)
            yield f"data: {number}\n\n"

    return StreamingResponse(send(), media_type="text/event-stream")


@app.post("/jobs/{number}")
async def work(number: int, seconds: float, background: BackgroundTasks) -> dict[str, int]:
    """Answer, and work on for a while."""

    async def finish() -> None:
        await asyncio.sleep(seconds)
        finished.append(number)

    background.add_task(finish)
    return {"number": number}


@app.get("/jobs")
async def read_work() -> list[int]:
    """Tell which work this process has finished."""
    return finished


@app.get("/wait")
async def wait(seconds: float) -> dict[str, Any]:
    """Stay for a while, and tell how many were here at the same time."""
    running.append(1)
    most = len(running)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(0.02)
        most = max(most, len(running))
    running.pop()
    return {"at_once": most, "process": _process(), "is_hosted": is_hosting()}


def _process() -> str:
    return f"{os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME', '')} {os.getpid()}"


handler = LambdaApp(app)
