"""AWS's services beside functions and queues."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import EVERYTHING, Functions, Running
from lambdakit.operations.services import MotoOnDemand


class OtherServices:
    """DynamoDB, Secrets Manager, SSM, S3 and EventBridge at one address, played by moto from the first request on."""

    def __init__(self, port: int) -> None:
        self._port = port

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:  # noqa: ARG002 (a part's protocol)
        """Listen for the first request."""
        async with MotoOnDemand(self._port, note=partial(listener.note, "services")) as moto:
            yield [Running(EVERYTHING, "services", f"{moto.address}/")]
