"""Lambda's own API before all functions."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from lambdakit.emulator import FunctionConfiguration, Outcome, Receiver
from lambdakit.emulator.lambda_api import LambdaApi, LogTails
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Functions, Running, listen_for
from lambdakit.operations.dev.replaceable import ReplaceableFunction


class InvokeApi:
    """One address for `boto3.client("lambda")`, for programs on this machine and for the functions themselves.

    `tails` has to be told of the functions' logs.
    """

    def __init__(self, port: int, tails: LogTails) -> None:
        self._port = port
        self._tails = tails

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Serve the API for all functions."""
        noted = {name: _Noted(function, listener) for name, function in functions.items()}
        api = LambdaApi(noted, self._tails, log=partial(listener.note, "lambda"))
        async with listen_for("the Lambda API", api, self._port) as address:
            example = f"AWS_ENDPOINT_URL_LAMBDA={address}"
            try:
                yield [Running("(all)", "lambda", f"{address}/", example)]
            finally:
                await api.close()


class _Noted:
    """A function whose invocations the listener is told of."""

    def __init__(self, function: ReplaceableFunction, listener: Listener) -> None:
        self._function = function
        self._listener = listener

    @property
    def configuration(self) -> FunctionConfiguration:
        return self._function.configuration

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
        request_id: str | None = None,
    ) -> Outcome:
        outcome = await self._function.invoke(
            payload, client_context=client_context, receiver=receiver, request_id=request_id
        )
        self._listener.invocation(self._function.name, "Invoke", outcome)
        return outcome
