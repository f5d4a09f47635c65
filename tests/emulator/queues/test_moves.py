"""Dead letters that are brought back, through boto3."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.queues.brokers import Running, receive_all
from tests.emulator.queues.test_messages import counts_of
from tests.emulator.queues.test_queues import attributes_of, code_of


@pytest.fixture
def dead(client: Any, url: str) -> str:
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn_of(client, dead), "maxReceiveCount": 1})
    client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    return dead


def arn_of(client: Any, url: str) -> str:
    return attributes_of(client, url, "QueueArn")["QueueArn"]


def bury(running: Running, client: Any, url: str, count: int) -> None:
    for number in range(count):
        client.send_message(QueueUrl=url, MessageBody=str(number))
    receive_all(client, url)
    running.clock.advance(31)
    assert receive_all(client, url) == []


def wait_for_move(client: Any, arn: str) -> dict[str, Any]:
    """Ask until the newest task of a queue has ended."""
    for _ in range(500):
        [task] = client.list_message_move_tasks(SourceArn=arn)["Results"]
        if task["Status"] != "RUNNING":
            return task
    raise AssertionError("the task did not end")


def test_dead_letters_go_back_to_where_they_came_from(running: Running, client: Any, url: str, dead: str) -> None:
    bury(running, client, url, 5)
    assert counts_of(client, dead) == [5, 0, 0]
    client.start_message_move_task(SourceArn=arn_of(client, dead))
    task = wait_for_move(client, arn_of(client, dead))

    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 5)
    assert counts_of(client, dead) == [0, 0, 0]
    messages = receive_all(client, url, AttributeNames=["All"])
    assert sorted(message["Body"] for message in messages) == ["0", "1", "2", "3", "4"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in messages} == {"1"}


def test_dead_letters_can_go_elsewhere(running: Running, client: Any, url: str, dead: str) -> None:
    bury(running, client, url, 1)
    other = client.create_queue(QueueName="other")["QueueUrl"]
    client.start_message_move_task(SourceArn=arn_of(client, dead), DestinationArn=arn_of(client, other))
    wait_for_move(client, arn_of(client, dead))

    assert counts_of(client, other) == [1, 0, 0]


def test_a_slow_task_can_be_cancelled_and_is_the_only_one(running: Running, client: Any, url: str, dead: str) -> None:
    bury(running, client, url, 20)
    arn = arn_of(client, dead)
    handle = client.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with pytest.raises(ClientError, match="already a task running"):
        client.start_message_move_task(SourceArn=arn)
    moved = client.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]

    assert moved < 20
    assert wait_for_move(client, arn)["Status"] == "CANCELLED"
    with pytest.raises(ClientError):
        client.cancel_message_move_task(TaskHandle=handle)


def test_a_message_that_came_from_nowhere_needs_a_destination(client: Any, dead: str) -> None:
    client.send_message(QueueUrl=dead, MessageBody="x")
    client.start_message_move_task(SourceArn=arn_of(client, dead))
    task = wait_for_move(client, arn_of(client, dead))

    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert counts_of(client, dead) == [1, 0, 0]


def test_only_dead_letters_are_moved(client: Any, url: str) -> None:
    with pytest.raises(ClientError, match="Dead Letter Queue"):
        client.start_message_move_task(SourceArn=arn_of(client, url))
    with pytest.raises(ClientError) as error:
        client.start_message_move_task(SourceArn=arn_of(client, url) + "s")
    assert code_of(error) == "ResourceNotFoundException"
