"""Messages sent, received, hidden and deleted, through boto3."""

import base64
import json
import threading
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdakit.emulator.queues.digests import digest_attributes
from tests.emulator.queues.brokers import Running, receive_all
from tests.emulator.queues.test_queues import attributes_of, code_of

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


def counts_of(client: Any, url: str) -> list[int]:
    found = attributes_of(client, url, *COUNTS)
    return [int(found[name]) for name in COUNTS]


def test_a_message_comes_back_as_it_was_sent(client: Any, url: str) -> None:
    attributes = {
        "colour": {"DataType": "String", "StringValue": "grün"},
        "weight": {"DataType": "Number.float", "StringValue": "1.50"},
        "seal": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    sent = client.send_message(
        QueueUrl=url, MessageBody="Grüße 🎉\n", MessageAttributes=attributes, MessageSystemAttributes=trace
    )
    [message] = client.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]

    assert message["Body"] == "Grüße 🎉\n"
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["AWSTraceHeader"] == trace["AWSTraceHeader"]["StringValue"]
    assert message["Attributes"]["SenderId"]
    assert message["Attributes"]["SentTimestamp"] <= message["Attributes"]["ApproximateFirstReceiveTimestamp"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ([], set[str]()),
        (["All"], {"a.one", "a.two", "b"}),
        ([".*"], {"a.one", "a.two", "b"}),
        (["a.*"], {"a.one", "a.two"}),
        (["b"], {"b"}),
    ],
)
def test_a_receiver_gets_the_attributes_that_it_names(client: Any, url: str, asked: list[str], given: set[str]) -> None:
    names = ("a.one", "a.two", "b")
    attributes = {name: {"DataType": "String", "StringValue": name} for name in names}
    client.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)
    [message] = client.receive_message(QueueUrl=url, MessageAttributeNames=asked)["Messages"]

    assert set(message.get("MessageAttributes", {})) == given
    assert "Attributes" not in message


def test_the_digest_of_attributes_is_the_one_that_moto_computes() -> None:
    attributes = {
        "b": {"DataType": "String", "StringValue": "grün"},
        "a": {"DataType": "Number", "StringValue": "1"},
        "c": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    with mock_aws():
        aws: Any = boto3
        peer = aws.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
        url = peer.create_queue(QueueName="q")["QueueUrl"]
        theirs = peer.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)

    encoded: dict[str, dict[str, Any]] = dict(attributes)
    encoded["c"] = {"DataType": "Binary", "BinaryValue": base64.b64encode(b"\x00\x01").decode()}
    assert digest_attributes(encoded) == theirs["MD5OfMessageAttributes"]


def test_a_received_message_is_hidden_until_its_time_is_over(running: Running, client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="x")
    first = client.receive_message(QueueUrl=url, VisibilityTimeout=60)["Messages"]
    running.clock.advance(59)
    assert "Messages" not in client.receive_message(QueueUrl=url)
    running.clock.advance(2)
    [again] = client.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]

    assert again["MessageId"] == first[0]["MessageId"]
    assert again["ReceiptHandle"] != first[0]["ReceiptHandle"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_deleted_message_never_comes_back(running: Running, client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="x")
    [message] = client.receive_message(QueueUrl=url)["Messages"]
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    running.clock.advance(100)

    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_the_handle_of_an_earlier_delivery_deletes_nothing(running: Running, client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="x")
    [early] = client.receive_message(QueueUrl=url)["Messages"]
    running.clock.advance(31)
    client.receive_message(QueueUrl=url)
    client.delete_message(QueueUrl=url, ReceiptHandle=early["ReceiptHandle"])
    running.clock.advance(31)

    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1


def test_visibility_can_be_changed_while_a_message_is_in_flight(running: Running, client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="x")
    [message] = client.receive_message(QueueUrl=url)["Messages"]
    how = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    client.change_message_visibility(**how, VisibilityTimeout=100)
    running.clock.advance(99)
    assert "Messages" not in client.receive_message(QueueUrl=url)
    client.change_message_visibility(**how, VisibilityTimeout=0)

    assert len(client.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]) == 1
    with pytest.raises(client.exceptions.MessageNotInflight):
        client.change_message_visibility(**how, VisibilityTimeout=1)


@pytest.mark.parametrize("handle", ["x", "AQEBxxxx", "AQEBMTox"])
def test_a_made_up_handle_is_refused(client: Any, url: str, handle: str) -> None:
    with pytest.raises(client.exceptions.ReceiptHandleIsInvalid):
        client.delete_message(QueueUrl=url, ReceiptHandle=handle)


def test_a_handle_belongs_to_its_queue(client: Any, url: str) -> None:
    other = client.create_queue(QueueName="other")["QueueUrl"]
    client.send_message(QueueUrl=other, MessageBody="x")
    [message] = client.receive_message(QueueUrl=other)["Messages"]

    with pytest.raises(client.exceptions.ReceiptHandleIsInvalid):
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_messages_can_be_delayed_one_by_one_and_by_their_queue(running: Running, client: Any) -> None:
    url = client.create_queue(QueueName="late", Attributes={"DelaySeconds": "10"})["QueueUrl"]
    for body, how in (("queue", {}), ("longer", {"DelaySeconds": 20}), ("now", {"DelaySeconds": 0})):
        client.send_message(QueueUrl=url, MessageBody=body, **how)
    assert counts_of(client, url) == [1, 0, 2]

    seen = [[message["Body"] for message in receive_all(client, url)]]
    for _ in range(2):
        running.clock.advance(10)
        seen.append([message["Body"] for message in receive_all(client, url)])
    assert seen == [["now"], ["queue"], ["longer"]]


def test_messages_are_counted_by_what_they_wait_for(client: Any, url: str) -> None:
    for number in range(3):
        client.send_message(QueueUrl=url, MessageBody=str(number))
    client.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=900)
    client.receive_message(QueueUrl=url, MaxNumberOfMessages=2)

    assert counts_of(client, url) == [1, 2, 1]


def test_messages_are_gone_after_their_retention(running: Running, client: Any) -> None:
    url = client.create_queue(QueueName="short", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="x")
    running.clock.advance(61)

    assert counts_of(client, url) == [0, 0, 0]
    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_a_long_poll_ends_with_the_first_message(client: Any, url: str) -> None:
    sending = threading.Timer(0.3, lambda: client.send_message(QueueUrl=url, MessageBody="x"))
    sending.start()
    began = time.monotonic()
    messages = client.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])
    sending.join()

    assert [message["Body"] for message in messages] == ["x"]
    assert time.monotonic() - began < 15


def test_a_long_poll_sees_a_message_become_visible_again(client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="x")
    client.receive_message(QueueUrl=url, VisibilityTimeout=1)

    assert len(client.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]) == 1


def test_a_long_poll_without_a_message_ends_after_its_time(client: Any) -> None:
    url = client.create_queue(QueueName="slow", Attributes={"ReceiveMessageWaitTimeSeconds": "1"})["QueueUrl"]
    began = time.monotonic()

    assert "Messages" not in client.receive_message(QueueUrl=url)
    assert time.monotonic() - began >= 0.9


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "\x00"}, "InvalidMessageContents"),
        ({"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageBody": "x" * 1_048_577}, "InvalidParameterValue"),
        ({"MessageBody": "x", "MessageDeduplicationId": "1"}, "InvalidParameterValue"),
        ({"MessageBody": "x", "MessageGroupId": "a b"}, "InvalidParameterValue"),
        (
            {"MessageBody": "x", "MessageAttributes": {"a": {"DataType": "Text", "StringValue": "x"}}},
            "InvalidParameterValue",
        ),
        ({"MessageBody": "x", "MessageAttributes": {"a": {"DataType": "String"}}}, "InvalidParameterValue"),
        (
            {"MessageBody": "x", "MessageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}}},
            "InvalidParameterValue",
        ),
        (
            {"MessageBody": "x", "MessageAttributes": {"aws.a": {"DataType": "String", "StringValue": "x"}}},
            "InvalidParameterValue",
        ),
        (
            {
                "MessageBody": "x",
                "MessageAttributes": {str(n): {"DataType": "String", "StringValue": "x"} for n in range(11)},
            },
            "InvalidParameterValue",
        ),
    ],
)
def test_a_message_that_sqs_would_not_take_is_refused(client: Any, url: str, how: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as error:
        client.send_message(QueueUrl=url, **how)

    assert code_of(error) == code
    assert counts_of(client, url) == [0, 0, 0]


@pytest.mark.parametrize(
    "how", [{"MaxNumberOfMessages": 11}, {"MaxNumberOfMessages": 0}, {"WaitTimeSeconds": 21}, {"VisibilityTimeout": -1}]
)
def test_a_receiver_that_asks_too_much_is_refused(client: Any, url: str, how: dict[str, int]) -> None:
    with pytest.raises(ClientError) as error:
        client.receive_message(QueueUrl=url, **how)

    assert code_of(error) == "InvalidParameterValue"


def test_a_message_as_large_as_may_be_is_taken(client: Any, url: str) -> None:
    attribute = {"size": {"DataType": "String", "StringValue": "x" * 100}}
    body = "x" * (1_048_576 - len("size") - len("String") - 100)
    client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attribute)

    assert client.receive_message(QueueUrl=url)["Messages"][0]["Body"] == body
    with pytest.raises(ClientError, match="shorter than 1048576"):
        client.send_message(QueueUrl=url, MessageBody=f"{body}x", MessageAttributes=attribute)


def test_entries_of_a_batch_succeed_and_fail_one_by_one(client: Any, url: str) -> None:
    entries = [
        {"Id": "good", "MessageBody": "1"},
        {"Id": "bad", "MessageBody": "\x00"},
        {"Id": "late", "MessageBody": "2", "DelaySeconds": 9000},
    ]
    sent = client.send_message_batch(QueueUrl=url, Entries=entries)

    assert [entry["Id"] for entry in sent["Successful"]] == ["good"]
    assert {entry["Id"]: (entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]} == {
        "bad": ("InvalidMessageContents", True),
        "late": ("InvalidParameterValue", True),
    }

    [message] = client.receive_message(QueueUrl=url)["Messages"]
    handles = [{"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "x"}]
    changes = [{**handle, "VisibilityTimeout": 50} for handle in handles]
    changed = client.change_message_visibility_batch(QueueUrl=url, Entries=changes)
    deleted = client.delete_message_batch(QueueUrl=url, Entries=handles)
    for answer in (changed, deleted):
        assert [entry["Id"] for entry in answer["Successful"]] == ["1"]
        assert [entry["Code"] for entry in answer["Failed"]] == ["ReceiptHandleIsInvalid"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(n), "MessageBody": "x"} for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "1", "MessageBody": "x"}, {"Id": "1", "MessageBody": "y"}], "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "MessageBody": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)], "BatchRequestTooLong"),
    ],
)
def test_a_batch_that_sqs_would_not_take_is_refused_whole(
    client: Any, url: str, entries: list[dict[str, str]], code: str
) -> None:
    with pytest.raises(ClientError) as error:
        client.send_message_batch(QueueUrl=url, Entries=entries)

    assert code_of(error) == f"AWS.SimpleQueueService.{code}"
    assert counts_of(client, url) == [0, 0, 0]


def test_a_message_received_too_often_goes_to_the_dead_letters(running: Running, client: Any, url: str) -> None:
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": attributes_of(client, dead, "QueueArn")["QueueArn"], "maxReceiveCount": 2}
    client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    sent = client.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    received = [
        len(receive_all(client, url, VisibilityTimeout=1)) for _ in range(3) if running.clock.advance(2) is None
    ]

    assert received == [1, 1, 0]
    [message] = client.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"]
    assert message["MessageId"] == sent
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == "arn:aws:sqs:us-east-1:123456789012:orders"
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    assert ("orders", f"message {sent} was received 2 times and moved to dead") in running.notes


def test_a_message_that_no_function_takes_is_told_once_and_stays(running: Running, client: Any, url: str) -> None:
    for _ in range(3):
        client.send_message(QueueUrl=url, MessageBody="x")

    assert running.notes == [("orders", "a message waits here, and no function takes it")]
    assert counts_of(client, url) == [3, 0, 0]
