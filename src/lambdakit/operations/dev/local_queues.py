"""Queues on this machine, and what brings their messages to functions."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from lambdakit.emulator.polling import Delivery, Poller
from lambdakit.emulator.queues import Broker
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Functions, Running
from lambdakit.project import QueueTrigger


class LocalQueues:
    """The queues of a project, in a file that outlives the command, on an address that boto3 can be pointed at."""

    def __init__(self, path: Path, port: int) -> None:
        self._path = path
        self._port = port
        self.broker: Broker | None = None
        """What holds the queues while they are open."""

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:  # noqa: ARG002 (a part gets them)
        """Serve the queues.

        Raises:
            AddressInUse: Another process holds the port.
            QueuesInUse: Another process has the file open, or it holds no queues.
        """
        async with Broker(self._path, self._port, note=listener.note) as broker:
            self.broker = broker
            yield [Running("(all)", "sqs", f"{broker.address}/", f"AWS_ENDPOINT_URL_SQS={broker.address}")]


class Pollers:
    """Brings each function that is declared with a queue its messages."""

    def __init__(self, queues: LocalQueues, triggers: Mapping[str, QueueTrigger]) -> None:
        self._queues = queues
        self._triggers = triggers

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Make the queues that are declared, and poll them; the broker has to be open."""
        broker = self._queues.broker
        if broker is None:
            raise RuntimeError("queues are polled while they are open")
        async with AsyncExitStack() as stack:
            running: list[Running] = []
            for name, trigger in self._triggers.items():
                note = partial(_tell, listener, name)
                poller = Poller(functions[name], broker.queues, name, trigger, note=note)
                await stack.enter_async_context(poller)
                url = broker.url(poller.names.queue)
                example = (
                    f"aws sqs send-message --endpoint-url {broker.address} --queue-url {url} --message-body '{{}}'"
                )
                running.append(Running(name, "queue", url, example))
            yield running


def _tell(listener: Listener, name: str, delivery: Delivery) -> None:
    if delivery.outcome is not None:
        failed = f", {delivery.failed} failed" if delivery.failed else ""
        messages = "message" if delivery.messages == 1 else "messages"
        listener.invocation(name, f"{delivery.messages} {messages} of {delivery.queue}{failed}", delivery.outcome)
    if delivery.note:
        listener.note(name, delivery.note)
