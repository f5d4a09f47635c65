"""What a broker does with requests and files that are not as they should be."""

import asyncio
import http.client
import json
import socket
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from lambdakit.emulator.queues import Broker, Draft
from lambdakit.errors import AddressInUse, QueuesInUse
from tests.emulator.queues.brokers import BOUND, Running, receive_all

CORAL = "com.amazon.coral.service#"


def target(action: str) -> dict[str, str]:
    return {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}


def call(address: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, Any] | str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=BOUND)
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text.startswith("{") else text
    finally:
        connection.close()


def test_a_client_that_means_another_host_is_refused(running: Running) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        status, text = call(running.broker.address, "{}", {**target("ListQueues"), **headers})

        assert status == 403
        assert "evil.example" in text


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        ("{}", {}, f"{CORAL}UnknownOperationException"),
        ("Action=ListQueues", {}, f"{CORAL}UnknownOperationException"),
        ("{}", target("Dance"), "com.amazonaws.sqs#UnsupportedOperation"),
        ("{", target("ListQueues"), f"{CORAL}SerializationException"),
        ("[]", target("ListQueues"), f"{CORAL}SerializationException"),
        ("\xff", target("ListQueues"), f"{CORAL}SerializationException"),
        ('{"QueueUrl": 1}', target("SendMessage"), f"{CORAL}MissingRequiredParameterException"),
        ('{"QueueName": "a", "Attributes": [1]}', target("CreateQueue"), f"{CORAL}SerializationException"),
    ],
)
def test_a_request_that_is_none_gets_one_clear_error(
    running: Running, body: str, headers: dict[str, str], error: str
) -> None:
    status, answer = call(running.broker.address, body, headers)

    assert status == 400
    assert isinstance(answer, dict)
    assert answer["__type"] == error
    assert answer["message"]


def test_a_request_larger_than_any_message_is_refused(running: Running) -> None:
    status, _ = call(running.broker.address, "x" * (17 * 1_048_576), target("ListQueues"))

    assert status == 413


def test_a_client_that_hangs_up_takes_no_message_with_it(running: Running, client: Any, url: str) -> None:
    address = urlsplit(running.broker.address)
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20})
    head = f"POST / HTTP/1.1\r\nHost: {address.netloc}\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=BOUND) as leaving:
        leaving.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        # A later request that is answered shows that the first one waits by now.
        client.list_queues()
    while running.broker.queues.waiting:
        client.list_queues()
    client.send_message(QueueUrl=url, MessageBody="x")

    assert len(receive_all(client, url)) == 1


def test_a_file_that_fails_is_a_failure_of_the_service_itself(running: Running, client: Any, url: str) -> None:
    running.call(
        running.broker.queues.run(lambda connection, _now, _catalog: connection.execute("DROP TABLE messages"))
    )

    with pytest.raises(ClientError, match="the file of queues: no such table") as error:
        client.send_message(QueueUrl=url, MessageBody="x")
    assert error.value.response["Error"]["Code"] == "InternalFailure"  # pyright: ignore[reportTypedDictNotRequiredAccess]


def test_queues_and_messages_are_there_after_a_restart(tmp_path: Path) -> None:
    async def run() -> list[str]:
        path = tmp_path / "folder" / "queues.sqlite"
        async with Broker(path) as broker:
            await broker.queues.declare("orders", {"VisibilityTimeout": "60"})
            await broker.queues.send("orders", Draft("x", {}))
        async with Broker(path) as broker:
            await broker.queues.declare("orders", {"VisibilityTimeout": "90"})
            return [message.body for message in await broker.queues.receive("orders")]

    assert asyncio.run(run()) == ["x"]


def test_two_brokers_do_not_share_a_file(tmp_path: Path) -> None:
    async def run() -> None:
        async with Broker(tmp_path / "queues.sqlite"):
            with pytest.raises(QueuesInUse, match="another process has the queues"):
                async with Broker(tmp_path / "queues.sqlite"):
                    pass

    asyncio.run(run())


def test_two_brokers_do_not_share_a_port(tmp_path: Path) -> None:
    async def run() -> None:
        async with Broker(tmp_path / "one.sqlite") as broker:
            port = urlsplit(broker.address).port or 0
            with pytest.raises(AddressInUse, match=str(port)):
                async with Broker(tmp_path / "two.sqlite", port):
                    pass
            async with Broker(tmp_path / "two.sqlite"):
                pass

    asyncio.run(run())


def test_a_file_that_holds_no_queues_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database, and long enough to have a header" * 20)

    async def run() -> None:
        with pytest.raises(QueuesInUse, match="not a database"):
            async with Broker(path):
                pass

    asyncio.run(run())
    assert path.read_text().startswith("these are my notes")


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "queues.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    async def run() -> None:
        with pytest.raises(QueuesInUse, match="another version"):
            async with Broker(path):
                pass

    asyncio.run(run())
