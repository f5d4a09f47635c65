"""Queues by name: made, found, changed and gone, through boto3."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.queues.brokers import Running


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def attributes_of(client: Any, url: str, *names: str) -> dict[str, str]:
    return client.get_queue_attributes(QueueUrl=url, AttributeNames=list(names)).get("Attributes", {})


def test_a_queue_url_has_the_account_and_the_name(running: Running, client: Any, url: str) -> None:
    assert url == f"{running.broker.address}/123456789012/orders" == running.broker.url("orders")
    assert client.get_queue_url(QueueName="orders")["QueueUrl"] == url


def test_a_queue_is_there_once_however_often_it_is_created(client: Any, url: str) -> None:
    again = client.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]

    assert again == url
    assert client.list_queues()["QueueUrls"] == [url]


def test_a_queue_is_not_created_again_with_other_attributes(client: Any, url: str) -> None:
    with pytest.raises(client.exceptions.QueueNameExists) as error:
        client.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "31"})

    assert code_of(error) == "QueueAlreadyExists"
    assert "VisibilityTimeout" in str(error.value)


@pytest.mark.parametrize(
    ("name", "attributes", "code"),
    [
        ("or ders", {}, "InvalidParameterValue"),
        ("x" * 81, {}, "InvalidParameterValue"),
        ("orders.fifo", {}, "InvalidParameterValue"),
        ("orders", {"FifoQueue": "true"}, "InvalidParameterValue"),
        ("orders", {"VisibilityTimeout": "43201"}, "InvalidAttributeValue"),
        ("orders", {"DelaySeconds": "-1"}, "InvalidAttributeValue"),
        ("orders", {"MaximumMessageSize": "1048577"}, "InvalidAttributeValue"),
        ("orders", {"ContentBasedDeduplication": "true"}, "InvalidAttributeValue"),
        ("orders", {"Colour": "red"}, "InvalidAttributeName"),
        ("orders", {"RedrivePolicy": "no JSON"}, "InvalidParameterValue"),
        ("orders", {"RedrivePolicy": '{"maxReceiveCount": 1}'}, "InvalidParameterValue"),
        ("orders", {"RedrivePolicy": '{"deadLetterTargetArn": "x"}'}, "InvalidParameterValue"),
        (
            "orders",
            {"RedrivePolicy": '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:x", "maxReceiveCount": 1}'},
            "InvalidParameterValue",
        ),
    ],
)
def test_a_queue_that_sqs_would_not_make_is_refused(
    client: Any, name: str, attributes: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError) as error:
        client.create_queue(QueueName=name, Attributes=attributes)

    assert code_of(error) == code
    assert "QueueUrls" not in client.list_queues()


def test_a_new_queue_has_the_attributes_that_aws_gives_it(client: Any, url: str) -> None:
    found = attributes_of(client, url, "All")

    assert found["QueueArn"] == "arn:aws:sqs:us-east-1:123456789012:orders"
    assert {name: found[name] for name in ("VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod")} == {
        "VisibilityTimeout": "30",
        "DelaySeconds": "0",
        "MessageRetentionPeriod": "345600",
    }
    assert found["MaximumMessageSize"] == "1048576"
    assert "FifoQueue" not in found


def test_only_the_attributes_that_are_asked_for_come_back(client: Any, url: str) -> None:
    assert attributes_of(client, url, "VisibilityTimeout") == {"VisibilityTimeout": "30"}
    assert attributes_of(client, url) == {}


def test_attributes_can_be_changed_and_a_policy_removed(client: Any, url: str) -> None:
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    arn = attributes_of(client, dead, "QueueArn")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5", "RedrivePolicy": policy})

    assert attributes_of(client, url, "VisibilityTimeout", "RedrivePolicy") == {
        "VisibilityTimeout": "5",
        "RedrivePolicy": policy,
    }
    assert client.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]

    client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert attributes_of(client, url, "RedrivePolicy") == {}
    assert client.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == []


def test_the_kind_of_a_queue_stays(client: Any, url: str) -> None:
    with pytest.raises(ClientError) as error:
        client.set_queue_attributes(QueueUrl=url, Attributes={"FifoQueue": "true"})

    assert code_of(error) == "InvalidAttributeName"


def test_a_dead_letter_queue_is_of_its_sources_kind(client: Any) -> None:
    client.create_queue(QueueName="dead")
    policy = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 3})

    with pytest.raises(ClientError, match="same type"):
        client.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true", "RedrivePolicy": policy})


def test_a_dead_letter_queue_says_who_may_use_it(client: Any) -> None:
    client.create_queue(QueueName="dead", Attributes={"RedriveAllowPolicy": '{"redrivePermission": "denyAll"}'})
    policy = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 3})

    with pytest.raises(ClientError, match="RedriveAllowPolicy"):
        client.create_queue(QueueName="orders", Attributes={"RedrivePolicy": policy})


def test_queues_are_listed_by_prefix_and_page_by_page(client: Any) -> None:
    urls = [client.create_queue(QueueName=name)["QueueUrl"] for name in ("a-1", "a-2", "a-3", "b-1")]
    pages = client.get_paginator("list_queues").paginate(QueueNamePrefix="a-", PaginationConfig={"PageSize": 2})

    assert [page["QueueUrls"] for page in pages] == [urls[:2], urls[2:3]]


def test_a_deleted_queue_takes_its_messages_with_it(client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="1")
    client.delete_queue(QueueUrl=url)

    with pytest.raises(client.exceptions.QueueDoesNotExist) as error:
        client.send_message(QueueUrl=url, MessageBody="2")
    assert code_of(error) == "AWS.SimpleQueueService.NonExistentQueue"

    client.create_queue(QueueName="orders")
    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_a_queue_of_another_account_is_not_there(client: Any, url: str) -> None:
    for foreign in (url.replace("123456789012", "210987654321"), "orders"):
        with pytest.raises(ClientError) as error:
            client.receive_message(QueueUrl=foreign)
        assert code_of(error) in {"AWS.SimpleQueueService.NonExistentQueue", "InvalidAddress"}


def test_a_purged_queue_is_empty_and_not_purged_again_at_once(running: Running, client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="1")
    client.purge_queue(QueueUrl=url)

    assert "Messages" not in client.receive_message(QueueUrl=url)
    with pytest.raises(client.exceptions.PurgeQueueInProgress):
        client.purge_queue(QueueUrl=url)
    running.clock.advance(60)
    client.purge_queue(QueueUrl=url)


def test_tags_are_kept(client: Any) -> None:
    url = client.create_queue(QueueName="orders", tags={"team": "shop"})["QueueUrl"]
    client.tag_queue(QueueUrl=url, Tags={"stage": "dev"})
    client.untag_queue(QueueUrl=url, TagKeys=["team"])

    assert client.list_queue_tags(QueueUrl=url)["Tags"] == {"stage": "dev"}


def test_what_is_not_there_says_so(client: Any, url: str) -> None:
    with pytest.raises(client.exceptions.UnsupportedOperation, match="AddPermission is not there locally"):
        client.add_permission(QueueUrl=url, Label="x", AWSAccountIds=["1"], Actions=["SendMessage"])
