"""AWS's services beside functions and queues."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import EVERYTHING, Functions, Running, listen_for
from lambdakit.operations.services import MISSING, MotoOnDemand, can_serve


class OtherServices:
    """DynamoDB, Secrets Manager, SSM, S3 and EventBridge at one address, played by moto from the first request on."""

    def __init__(self, port: int) -> None:
        self._port = port

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:  # noqa: ARG002 (a part's protocol)
        """Listen for the first request."""
        note = partial(listener.note, "services")
        if not can_serve():
            async with listen_for("the other services", _refuse, self._port, note) as address:
                yield [Running(EVERYTHING, "services", f"{address}/ (needs lambdakit[services])")]
            return
        async with MotoOnDemand(self._port, note=note) as moto:
            yield [Running(EVERYTHING, "services", f"{moto.address}/")]


async def _refuse(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 (an ASGI app)
    body = MISSING.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 501, "headers": headers})
    await send({"type": "http.response.body", "body": body})
