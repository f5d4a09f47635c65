"""An event has the fields of published ones, and no others."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from lambdakit.operations.event_factories import Event, Events
from tests.events.samples import NO_SAMPLES, SAMPLES, load_sample

EVENTS = Events()
KAFKA: dict[str, Any] = {"topic": "mytopic", "key": "k", "headers": {"headerKey": "h"}}
SAME: dict[str, Callable[[], Event]] = {
    "powertools/apiGatewayAuthorizerTokenEvent.json": EVENTS.authorizer_token,
    "powertools/awsConfigRuleScheduled.json": EVENTS.config_rule,
    "powertools/bedrockAgentPostEvent.json": lambda: EVENTS.bedrock_agent("POST", properties={"claimId": "20"}),
    "powertools/cloudWatchLogEvent.json": lambda: EVENTS.cloudwatch_logs("a"),
    "powertools/cloudformationCustomResourceUpdate.json": lambda: EVENTS.cloudformation(
        "Update", properties={"MyProps": "new"}, old_properties={"MyProps": "old"}
    ),
    "powertools/codeDeployLifecycleHookEvent.json": EVENTS.codedeploy,
    "powertools/dynamoStreamEvent.json": lambda: EVENTS.dynamodb(
        {"Id": 101, "Message": "a"}, old={"Id": 101, "Message": "b"}, keys=["Id"]
    ),
    "powertools/kafkaEventMsk.json": lambda: EVENTS.kafka("a", **KAFKA),
    "powertools/kafkaEventSelfManaged.json": lambda: EVENTS.kafka("a", self_managed=True, **KAFKA),
    "powertools/kinesisFirehoseKinesisEvent.json": lambda: EVENTS.firehose("a", source_stream="orders"),
    "powertools/kinesisFirehosePutEvent.json": lambda: EVENTS.firehose("a"),
    "powertools/kinesisStreamEventOneRecord.json": lambda: EVENTS.kinesis("a"),
    "powertools/s3BatchOperationEventSchemaV1.json": lambda: EVENTS.s3_batch("a", schema="1.0"),
    "powertools/s3BatchOperationEventSchemaV2.json": lambda: EVENTS.s3_batch("a", arguments={"k1": "v", "k2": "v"}),
    "powertools/s3Event.json": EVENTS.s3,
    "powertools/s3EventBridgeNotificationObjectCreatedEvent.json": EVENTS.s3_eventbridge,
    "powertools/s3EventBridgeNotificationObjectDeletedEvent.json": lambda: EVENTS.s3_eventbridge(event="ObjectRemoved"),
    "powertools/secretsManagerEvent.json": EVENTS.secret_rotation,
    "powertools/snsEvent.json": lambda: EVENTS.sns("a", attributes={"Test": "a", "TestBinary": b"b"}),
    "powertools/sqsDlqTriggerEvent.json": lambda: EVENTS.sqs("a", dead_letter_source="orders"),
    "rust-events/example-code_commit-event.json": EVENTS.codecommit,
    "rust-events/example-eventbridge-schedule.json": EVENTS.schedule,
    "rust-events/example-s3-event.json": lambda: EVENTS.s3(version="1"),
}


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the place of every field, the same for each element of a list."""
    if isinstance(value, dict):
        for name, field in cast("dict[str, Any]", value).items():
            yield f"{at}.{name}"
            yield from paths(field, f"{at}.{name}")
    elif isinstance(value, list):
        for element in cast("list[Any]", value):
            yield from paths(element, f"{at}[]")


@pytest.mark.skipif(not SAMPLES, reason=NO_SAMPLES)
@pytest.mark.parametrize("name", SAME)
def test_an_event_has_the_fields_of_a_published_one(name: str) -> None:
    assert set(paths(SAME[name]())) == set(paths(load_sample(name)))
