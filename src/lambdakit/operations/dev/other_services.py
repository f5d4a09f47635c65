"""AWS's services beside functions and queues."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import EVERYTHING, Functions, Running
from lambdakit.operations.services import SERVED, MotoOnDemand


class OtherServices:
    """DynamoDB, S3 and the like at one address, played by moto from the first request on."""

    def __init__(self, port: int) -> None:
        self._port = port

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:  # noqa: ARG002 (a part's protocol)
        """Listen for the first request."""
        async with MotoOnDemand(self._port, note=partial(listener.note, "services")) as moto:
            names = ", ".join(name.lower().replace("_", "-") for name in SERVED)
            yield [Running(EVERYTHING, names, f"{moto.address}/")]
