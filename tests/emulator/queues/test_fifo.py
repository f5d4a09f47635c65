"""Queues that keep the order of each group, through boto3."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.queues.brokers import Running
from tests.emulator.queues.test_queues import code_of


@pytest.fixture
def url(client: Any) -> str:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return client.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]


def send(client: Any, url: str, body: str, group: str, **how: Any) -> dict[str, str]:
    return client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **how)


def receive(client: Any, url: str, count: int = 10) -> list[Any]:
    how = {"MaxNumberOfMessages": count, "MessageSystemAttributeNames": ["All"]}
    return client.receive_message(QueueUrl=url, **how).get("Messages", [])


def bodies(messages: list[Any]) -> list[str]:
    return [message["Body"] for message in messages]


def test_a_group_is_received_in_the_order_it_was_sent_in(client: Any, url: str) -> None:
    numbers = [int(send(client, url, str(number), "a")["SequenceNumber"]) for number in range(12)]
    messages = receive(client, url)

    assert bodies(messages) == [str(number) for number in range(10)]
    assert [int(each["Attributes"]["SequenceNumber"]) for each in messages] == numbers[:10]
    assert numbers == sorted(numbers)
    assert messages[0]["Attributes"]["MessageGroupId"] == "a"
    assert len(messages[0]["Attributes"]["SequenceNumber"]) == 20


def test_a_group_waits_while_one_of_its_messages_is_in_flight(client: Any, url: str) -> None:
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        send(client, url, body, group)
    [first] = receive(client, url, 1)
    others = receive(client, url)
    assert (first["Body"], bodies(others)) == ("a1", ["b1"])
    assert receive(client, url) == []

    client.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(receive(client, url)) == ["a2"]


def test_a_message_that_comes_back_comes_before_those_after_it(running: Running, client: Any, url: str) -> None:
    for body in ("a1", "a2", "a3"):
        send(client, url, body, "a")
    receive(client, url, 2)
    running.clock.advance(31)

    assert bodies(receive(client, url)) == ["a1", "a2", "a3"]


def test_a_long_poll_goes_on_when_a_group_is_free_again(client: Any, url: str) -> None:
    send(client, url, "a1", "a")
    send(client, url, "a2", "a")
    [first] = receive(client, url, 1)
    client.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])

    assert bodies(client.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]) == ["a2"]


def test_a_duplicate_is_acknowledged_and_not_delivered_for_five_minutes(
    running: Running, client: Any, url: str
) -> None:
    first = send(client, url, "x", "a")
    [message] = receive(client, url)
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    again = send(client, url, "x", "b")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert receive(client, url) == []

    running.clock.advance(300)
    assert send(client, url, "x", "a")["MessageId"] != first["MessageId"]
    assert bodies(receive(client, url)) == ["x"]


def test_a_named_deduplication_counts_more_than_the_body(client: Any, url: str) -> None:
    send(client, url, "x", "a", MessageDeduplicationId="1")
    send(client, url, "x", "a", MessageDeduplicationId="2")
    send(client, url, "y", "a", MessageDeduplicationId="2")

    assert bodies(receive(client, url)) == ["x", "x"]


def test_duplicates_can_be_looked_for_in_each_group(client: Any) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup"}
    url = client.create_queue(QueueName="each.fifo", Attributes=attributes)["QueueUrl"]
    for group in ("a", "b", "a"):
        send(client, url, "x", group)

    assert [each["Attributes"]["MessageGroupId"] for each in receive(client, url)] == ["a", "b"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({}, "MissingParameter"),
        ({"MessageGroupId": "a"}, "InvalidParameterValue"),
        ({"MessageGroupId": "a", "MessageDeduplicationId": "1", "DelaySeconds": 1}, "InvalidParameterValue"),
    ],
)
def test_a_message_without_its_place_in_a_group_is_refused(client: Any, how: dict[str, Any], code: str) -> None:
    url = client.create_queue(QueueName="strict.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    with pytest.raises(ClientError) as error:
        client.send_message(QueueUrl=url, MessageBody="x", **how)

    assert code_of(error) == code


def test_a_handle_ends_with_its_visibility(running: Running, client: Any, url: str) -> None:
    send(client, url, "x", "a")
    [message] = receive(client, url)
    running.clock.advance(31)
    with pytest.raises(ClientError, match="expired"):
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    assert bodies(receive(client, url)) == ["x"]


def test_a_dead_letter_lets_its_group_go_on(running: Running, client: Any) -> None:
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    client.create_queue(QueueName="dead.fifo", Attributes=fifo)
    policy = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead.fifo", "maxReceiveCount": 1})
    url = client.create_queue(QueueName="live.fifo", Attributes={**fifo, "RedrivePolicy": policy})["QueueUrl"]
    send(client, url, "bad", "a")
    send(client, url, "good", "a")
    assert bodies(receive(client, url, 1)) == ["bad"]
    running.clock.advance(31)

    assert bodies(receive(client, url)) == ["good"]
    assert bodies(receive(client, client.get_queue_url(QueueName="dead.fifo")["QueueUrl"])) == ["bad"]
