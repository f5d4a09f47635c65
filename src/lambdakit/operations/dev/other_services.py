"""AWS's other services beside the functions."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Functions, Running
from lambdakit.operations.services import MotoOnDemand


class OtherServices:
    """DynamoDB, Secrets Manager, SSM, S3 and EventBridge on one address, played by moto from the first request on."""

    def __init__(self, port: int) -> None:
        self._port = port

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:  # noqa: ARG002 (a part gets them)
        """Listen; raises AddressInUse."""
        async with MotoOnDemand(self._port, note=partial(listener.note, "services")) as moto:
            example = f"aws dynamodb list-tables --endpoint-url {moto.address}"
            yield [Running("(all)", "services", f"{moto.address}/", example)]
