"""Queues, and what brings their messages to functions."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from lambdakit.emulator.polling import Delivery, Poller
from lambdakit.emulator.queues import Broker
from lambdakit.errors import QueuesInUse
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import EVERYTHING, Functions, Running
from lambdakit.project import QueueTrigger


class Queueing:
    """The queues of a project, for `boto3.client("sqs")`; they keep their messages from one day to the next.

    With `is_needed` another process must not have them open; without it there are none then.
    """

    def __init__(self, file: Path, port: int, *, is_needed: bool) -> None:
        self._file = file
        self._port = port
        self._is_needed = is_needed
        self.broker: Broker | None = None

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:  # noqa: ARG002 (a part's protocol)
        """Serve the queues.

        Raises:
            QueuesInUse: Another process has them open, and they are needed.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            try:
                self.broker = await stack.enter_async_context(Broker(self._file, self._port, note=listener.note))
            except QueuesInUse as error:
                if self._is_needed:
                    raise
                listener.note("sqs", f"{error}. Until then there are no queues here")
            yield [Running(EVERYTHING, "sqs", f"{self.broker.address}/")] if self.broker else []


class Polling:
    """Invokes functions with what is in their queues."""

    def __init__(self, queueing: Queueing, triggers: Mapping[str, QueueTrigger]) -> None:
        self._queueing = queueing
        self._triggers = triggers

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Read the queue of each function that has one."""
        broker = self._queueing.broker
        running: list[Running] = []
        async with AsyncExitStack() as stack:
            for name, trigger in self._triggers.items() if broker else ():
                if broker is None or name not in functions:
                    continue
                tell = partial(_tell, listener, name)
                poller = await stack.enter_async_context(
                    Poller(functions[name], broker.queues, name, trigger, note=tell)
                )
                url = broker.url(poller.names.queue)
                running.append(Running(name, "queue", url, _send_with_curl(broker.address, url)))
            yield running


def _tell(listener: Listener, name: str, delivery: Delivery) -> None:
    if delivery.outcome is not None:
        failed = f", {delivery.failed} to come again" if delivery.failed and not delivery.outcome.failed else ""
        messages = "message" if delivery.messages == 1 else "messages"
        listener.invocation(name, f"{delivery.messages} {messages} of {delivery.queue}{failed}", delivery.outcome)
    if delivery.note:
        listener.note(name, delivery.note)


def _send_with_curl(address: str, url: str) -> str:
    group = {"MessageGroupId": "any"} if url.endswith(".fifo") else {}
    body = json.dumps({"QueueUrl": url, "MessageBody": "hello", **group})
    headers = "-H 'X-Amz-Target: AmazonSQS.SendMessage' -H 'Content-Type: application/x-amz-json-1.0'"
    return f"curl {address}/ {headers} -d '{body}'"
