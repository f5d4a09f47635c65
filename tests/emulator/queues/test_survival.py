"""What a broker has acknowledged is so, however its process ends."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectionError as NotReached
from botocore.exceptions import HTTPClientError

from lambdakit.emulator.queues import Broker
from lambdakit.errors import QueuesInUse
from tests.emulator.queues.brokers import BOUND, make_client, receive_all
from tests.emulator.queues.test_messages import counts_of

MESSAGES, KILLS, POISON, TRIES = 10_000, 20, 250, 8
ARN = "arn:aws:sqs:us-east-1:123456789012:dead"


class Killed:
    """A broker process that is killed and started anew on the same file and port."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._port = 0
        self.is_up = threading.Event()
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("process.py")), str(self._path), str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        self._port = int(self.address.rpartition(":")[2])
        self.is_up.set()

    def kill(self) -> None:
        self.is_up.clear()
        self._process.kill()
        self._process.communicate(timeout=BOUND)

    def insist(self, call: Callable[[], Any], part: str = "") -> Any:
        """Make a call until it is answered, with an answer that has a part."""
        while True:
            assert self.is_up.wait(BOUND)
            try:
                answer = call()
            except (HTTPClientError, NotReached):
                continue
            # A head whose body did not come is no answer, which boto3 takes for an empty one when it may not try again.
            if not part or part in answer:
                return answer


@contextmanager
def killed_broker(path: Path) -> Generator[Killed]:
    broker = Killed(path)
    try:
        yield broker
    finally:
        broker.kill()


class Work:
    """Sends numbered messages, deletes what it receives except for every so many, and knows what was acknowledged."""

    def __init__(self, broker: Killed) -> None:
        self._broker = broker
        self._clients = threading.local()
        self.received: set[str] = set()
        self.deleted: set[str] = set()
        self.came_back: set[str] = set()
        self._lock = threading.Lock()
        self._progress = threading.Condition(self._lock)
        self.is_over = threading.Event()
        self.failure: BaseException | None = None

    @property
    def client(self) -> Any:
        if not hasattr(self._clients, "client"):
            with self._lock:
                self._clients.client = make_client(self._broker.address)
        return self._clients.client

    def send(self, url: str, numbers: range) -> None:
        for first in numbers[::10]:
            entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(first, first + 10)]
            answer = self._broker.insist(
                lambda: self.client.send_message_batch(QueueUrl=url, Entries=entries),  # noqa: B023 (called at once)
                "Successful",
            )
            assert len(answer["Successful"]) == 10

    def consume(self, url: str) -> None:
        while not self.is_over.is_set():
            how = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 5, "WaitTimeSeconds": 1}
            answer = self._broker.insist(lambda: self.client.receive_message(QueueUrl=url, **how))  # noqa: B023
            messages = answer.get("Messages", [])
            with self._lock:
                self.received.update(message["Body"] for message in messages)
                self.came_back.update({message["MessageId"] for message in messages} & self.deleted)
            self._finish(url, messages)

    def _finish(self, url: str, messages: list[Any]) -> None:
        good = [message for message in messages if int(message["Body"]) % POISON]
        bad = [message for message in messages if not int(message["Body"]) % POISON]
        if good:
            entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(good)]
            self._broker.insist(lambda: self.client.delete_message_batch(QueueUrl=url, Entries=entries), "Successful")
        if bad:
            entries = [
                {"Id": str(n), "ReceiptHandle": each["ReceiptHandle"], "VisibilityTimeout": 0}
                for n, each in enumerate(bad)
            ]
            self._broker.insist(lambda: self.client.change_message_visibility_batch(QueueUrl=url, Entries=entries))
        with self._progress:
            self.deleted.update(message["MessageId"] for message in good)
            self._progress.notify_all()

    def run(self, work: Callable[..., None], *how: Any) -> None:
        """Do a thread's work, and let whoever waits know of its failure."""
        try:
            work(*how)
        except BaseException as error:
            with self._progress:
                self.failure = error
                self._progress.notify_all()
            raise

    def wait_for(self, deleted: int) -> None:
        with self._progress:
            is_over = self._progress.wait_for(lambda: self.failure or len(self.deleted) >= deleted, 100)
        if self.failure is not None:
            raise self.failure
        assert is_over


def make_queues(client: Any) -> tuple[str, str]:
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": ARN, "maxReceiveCount": TRIES})
    return client.create_queue(QueueName="orders", Attributes={"RedrivePolicy": policy})["QueueUrl"], dead


def test_a_file_that_another_process_has_open_is_left_to_it(tmp_path: Path) -> None:
    async def run() -> None:
        with pytest.raises(QueuesInUse, match="another process has the queues in"):
            async with Broker(tmp_path / "queues.sqlite"):
                pass

    with killed_broker(tmp_path / "queues.sqlite"):
        asyncio.run(run())


@pytest.mark.timeout(300)
def test_no_acknowledged_message_is_lost_or_comes_back_while_the_broker_is_killed(tmp_path: Path) -> None:
    with killed_broker(tmp_path / "queues.sqlite") as broker, ThreadPoolExecutor(4) as threads:
        client = make_client(broker.address)
        url, dead = make_queues(client)
        work = Work(broker)
        half = MESSAGES // 2
        sending = [threads.submit(work.run, work.send, url, each) for each in (range(half), range(half, MESSAGES))]
        consuming = [threads.submit(work.run, work.consume, url) for _ in range(2)]
        try:
            for number in range(KILLS):
                work.wait_for((number + 1) * (MESSAGES - MESSAGES // POISON) // (KILLS + 1))
                broker.kill()
                broker.start()
            for each in sending:
                each.result(100)
            work.wait_for(MESSAGES - MESSAGES // POISON)
            while sum(counts_of(client, url)):
                work.is_over.wait(0.1)
        finally:
            work.is_over.set()
        for each in consuming:
            each.result(BOUND)

        letters = receive_all(client, dead)

    assert work.received == {str(number) for number in range(MESSAGES)}
    assert work.came_back == set()
    assert {message["Body"] for message in letters} == {str(number) for number in range(0, MESSAGES, POISON)}
    assert len({message["MessageId"] for message in letters}) == len(letters)
