"""A broker in a thread of its own, and boto3 clients for it."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from lambdakit.emulator.queues import Broker

Result = TypeVar("Result")
BOUND = 30.0
_SESSION: Any = boto3.session.Session()


class Clock:
    """Real time, which a test can put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


class Running:
    """A broker, its clock and what it has noted."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.notes: list[tuple[str, str]] = []
        self.broker = Broker(path, clock=self.clock, note=lambda name, what: self.notes.append((name, what)))
        self.loop = asyncio.new_event_loop()

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(BOUND)


@contextmanager
def running_broker(path: Path) -> Generator[Running]:
    running = Running(path)
    thread = threading.Thread(target=running.loop.run_forever)
    thread.start()
    try:
        running.call(running.broker.__aenter__())
        try:
            yield running
        finally:
            running.call(running.broker.__aexit__(None, None, None))
    finally:
        running.loop.call_soon_threadsafe(running.loop.stop)
        thread.join(BOUND)
        running.loop.close()


def make_client(address: str, *, retries: int = 0, service: str = "sqs") -> Any:
    """Return a client that tries once, as a test wants to see the first answer."""
    return _SESSION.client(
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": retries + 1}, connect_timeout=5, read_timeout=BOUND),
    )


def receive_all(client: Any, url: str, **how: Any) -> list[Any]:
    """Receive without waiting until nothing comes."""
    found: list[Any] = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **how).get("Messages"):
        found += messages
    return found
