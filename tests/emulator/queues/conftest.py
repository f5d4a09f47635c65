from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.queues.brokers import Running, make_client, running_broker


@pytest.fixture
def running(tmp_path: Path) -> Generator[Running]:
    with running_broker(tmp_path / "queues.sqlite") as running:
        yield running


@pytest.fixture
def client(running: Running) -> Any:
    return make_client(running.broker.address)


@pytest.fixture
def url(client: Any) -> str:
    return client.create_queue(QueueName="orders")["QueueUrl"]
