"""Lambda's own API before all functions."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

from lambdakit.emulator.lambda_api import Destination, LambdaApi, LogTails
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.noted import NotedFunction
from lambdakit.operations.dev.part import EVERYTHING, Functions, Running, listen_for


class InvokeApi:
    """One address for `boto3.client("lambda")`, for programs on this machine and for the functions themselves.

    `tails` has to be told of the functions' logs. `find_destination` is that of `LambdaApi`.
    """

    def __init__(
        self, port: int, tails: LogTails, find_destination: Callable[[str], Destination | None] = lambda _: None
    ) -> None:
        self._port = port
        self._tails = tails
        self._find_destination = find_destination

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Serve the API for all functions."""
        noted = {name: NotedFunction(function, listener, "Invoke") for name, function in functions.items()}
        note = partial(listener.note, "lambda")
        api = LambdaApi(noted, self._tails, log=note, find_destination=self._find_destination)
        async with listen_for("the Lambda API", api, self._port, note) as address:
            try:
                yield [Running(EVERYTHING, "lambda", f"{address}/")]
            finally:
                await api.close()
