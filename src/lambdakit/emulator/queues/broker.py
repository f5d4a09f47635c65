"""The queues on a loopback address."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Self

from lambdakit.emulator.front_doors.listening import listen
from lambdakit.emulator.queues.attributes import ACCOUNT
from lambdakit.emulator.queues.protocol import QueueApi
from lambdakit.emulator.queues.queues import Queues
from lambdakit.emulator.queues.schema import Outlives
from lambdakit.emulator.queues.store import Store


class Broker:
    """Queues in a file, which answer boto3 and others as SQS does.

    On port 0 a free one is taken. What is acknowledged outlives the process, however it ends; with `outlives` "power"
    also the machine's power, which costs a flush of the disk for each change. `clock` gives seconds since 1970.
    `note` is that of `Queues`; it also gets, as of "sqs", why a request is refused.
    """

    def __init__(
        self,
        path: Path,
        port: int = 0,
        *,
        region: str = "us-east-1",
        outlives: Outlives = "process",
        note: Callable[[str, str], None] = lambda _name, _what: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._port = port
        self._note = note
        self._stack = AsyncExitStack()
        self.queues = Queues(Store(path, outlives=outlives, clock=clock), region=region, note=note)
        self.address = ""
        """Where it listens, as `http://127.0.0.1:PORT`."""

    async def __aenter__(self) -> Self:
        """Open the file and listen.

        Raises:
            AddressInUse: Another process holds the port.
            QueuesInUse: Another process has the file open, or it holds no queues.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.queues)
            self.address = await stack.enter_async_context(
                listen(QueueApi(self.queues), self._port, log=partial(self._note, "sqs"))
            )
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def url(self, name: str) -> str:
        """Return a queue's URL."""
        return f"{self.address}/{ACCOUNT}/{name}"
