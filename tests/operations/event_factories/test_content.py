"""What is said about an event stands in it, and what belongs together agrees."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import boto3
import pytest
from aws_lambda_powertools.utilities import data_classes
from aws_lambda_powertools.utilities.data_classes import rabbit_mq_event
from aws_lambda_powertools.utilities.parser import envelopes, models, parse
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import BaseModel

from lambdakit.events import FORMATS
from lambdakit.operations.event_factories import Events, Origin
from lambdakit.operations.event_factories.attribute_values import to_attribute
from lambdakit.operations.event_factories.cognito import TRIGGERS

NOW = datetime(2026, 7, 10, 19, 19, 4, 500_000, tzinfo=UTC)
EVENTS = Events(Origin(seed=7, now=NOW, account="210987654321", region="eu-central-1"))
TEXT = st.text(st.characters(codec="utf-8"))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


class Order(BaseModel):
    id: int


# --- HTTP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factory", "via"),
    [
        ("function_url", "function-url"),
        ("http_api", "http-api"),
        ("http_api_one", "http-api-1.0"),
        ("rest_api", "rest-api"),
        ("alb", "alb"),
        ("alb_multi_value", "alb-multi-value"),
        ("vpc_lattice", "vpc-lattice"),
        ("vpc_lattice_one", "vpc-lattice-1.0"),
    ],
)
@given(body=TEXT, note=st.text("abcdefgh äöü%?&=+/", max_size=8))
def test_an_http_event_holds_the_request_that_was_described(factory: str, via: str, body: str, note: str) -> None:
    headers = {"X-Note": "one"}
    event = getattr(EVENTS, factory)("post", "/orders?tag=a&tag=b", headers=headers, json={"body": body, "note": note})
    request = FORMATS[via].decode_request(json.loads(json.dumps(event)))

    assert (request.method, request.path.removeprefix("/prod")) == ("POST", "/orders")
    assert json.loads(request.body) == {"body": body, "note": note}
    assert {(b"x-note", b"one"), (b"content-type", b"application/json")} <= set(request.headers)
    assert request.query.endswith(b"tag=b")
    assert request.client == ("203.0.113.10", 0)


@pytest.mark.parametrize("factory", ["function_url", "http_api", "http_api_one", "rest_api"])
def test_host_domain_and_account_agree(factory: str) -> None:
    event = getattr(EVENTS, factory)()
    context = event["requestContext"]

    assert event["headers"]["host"] == context["domainName"]
    assert context["domainName"].partition(".")[0] == context["domainPrefix"] == context["apiId"]
    assert "eu-central-1" in context["domainName"]
    assert context["accountId"] == ("anonymous" if factory == "function_url" else "210987654321")


def test_a_body_is_sent_as_it_is() -> None:
    event = EVENTS.function_url("PUT", "/picture", body=b"GIF89\xff", headers={"content-type": "image/gif"})

    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"GIF89\xff")
    assert EVENTS.rest_api("PUT", "/", body="tea")["headers"]["content-type"] == "text/plain; charset=utf-8"


def test_repeated_headers_can_be_given_as_pairs() -> None:
    event = EVENTS.rest_api(headers=[("X-Tag", "a"), ("X-Tag", "b")])

    assert event["multiValueHeaders"]["x-tag"] == ["a", "b"]


def test_what_an_authorizer_found_is_in_the_request_context() -> None:
    event = EVENTS.http_api(authorizer={"jwt": {"claims": {"sub": "arthur"}, "scopes": ["orders:read"]}})
    read = parse(event, models.APIGatewayProxyEventV2Model)

    assert read.requestContext.authorizer is not None
    assert read.requestContext.authorizer.jwt is not None
    assert read.requestContext.authorizer.jwt.scopes == ["orders:read"]


def test_stage_route_and_address_are_those_that_were_said() -> None:
    event = EVENTS.rest_api("GET", "/orders/7", stage="dev", route="/orders/{id}", source_ip="198.51.100.9")

    assert event["pathParameters"] == {"id": "7"}
    assert event["requestContext"]["path"] == "/dev/orders/7"
    assert event["requestContext"]["identity"]["sourceIp"] == "198.51.100.9"


def test_a_custom_domain_is_that_of_the_host_header() -> None:
    assert EVENTS.http_api(headers={"Host": "api.example.org"})["requestContext"]["domainName"] == "api.example.org"
    assert ".lambda-url." in EVENTS.function_url(headers={"Host": "example.org"})["requestContext"]["domainName"]


# --- authorizers and connections -------------------------------------------------------------------------------------


def test_an_authorizer_learns_what_is_called() -> None:
    token = EVENTS.authorizer_token("Bearer abc", "delete", "/orders/7")
    asked = EVENTS.authorizer_request("GET", "/orders/7?full=1", headers={"Authorization": "Bearer abc"})
    newer = EVENTS.authorizer_http_api("GET", "/orders/7?full=1")

    assert token["methodArn"].endswith("/prod/DELETE/orders/7")
    assert asked["methodArn"].endswith(f":{asked['requestContext']['apiId']}/prod/GET/orders/7")
    assert asked["headers"]["authorization"] == "Bearer abc"
    assert newer["routeArn"].endswith("/$default/GET/orders/7")
    assert newer["identitySource"] == ["Bearer secret"]
    assert "body" not in asked | newer


def test_a_connection_keeps_its_id() -> None:
    opened = EVENTS.websocket_connect(connection="abc=")
    message = EVENTS.websocket_message({"action": "order"}, route="order", connection="abc=")
    ended = EVENTS.websocket_disconnect(code=1001, reason="away", connection="abc=")

    assert {each["requestContext"]["connectionId"] for each in (opened, message, ended)} == {"abc="}
    assert json.loads(message["body"]) == {"action": "order"}
    assert ended["requestContext"]["disconnectStatusCode"] == 1001
    assert opened["requestContext"]["connectedAt"] == opened["requestContext"]["requestTimeEpoch"]
    assert ended["requestContext"]["connectedAt"] < ended["requestContext"]["requestTimeEpoch"]


# --- queues, topics and brokers --------------------------------------------------------------------------------------


@given(bodies=st.lists(TEXT, min_size=1, max_size=5))
def test_the_digest_of_a_message_is_that_of_its_body(bodies: list[str]) -> None:
    records = parse(EVENTS.sqs(*bodies), models.SqsModel).Records

    assert [record.body for record in records] == bodies
    for record, body in zip(records, bodies, strict=True):
        assert record.md5OfBody == hashlib.md5(body.encode()).hexdigest()
    assert len({record.messageId for record in records}) == len(bodies)


@mock_aws
def test_the_digest_of_attributes_is_the_one_that_a_queue_returns() -> None:
    session: Any = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-central-1")
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    attributes: dict[str, Any] = {
        "kind": {"DataType": "String", "StringValue": "tea ü"},
        "count": {"DataType": "Number", "StringValue": "3"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)

    own: dict[str, Any] = {"kind": "tea ü", "count": 3, "raw": b"\x00\xff"}
    record = EVENTS.sqs("x", attributes=own)["Records"][0]
    assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert record["messageAttributes"]["raw"]["binaryValue"] == base64.b64encode(b"\x00\xff").decode()


def test_messages_can_be_what_json_says() -> None:
    orders: Any = parse(EVENTS.sqs({"id": 1}, {"id": 2}), Order, envelope=envelopes.SqsEnvelope)

    assert [order.id for order in orders] == [1, 2]


def test_a_group_makes_a_queue_fifo() -> None:
    first, second = EVENTS.sqs("a", "b", group="7", receive_count=2)["Records"]

    assert first["eventSourceARN"] == "arn:aws:sqs:eu-central-1:210987654321:orders.fifo"
    assert first["attributes"]["MessageGroupId"] == "7"
    assert first["attributes"]["ApproximateReceiveCount"] == "2"
    assert first["attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"a").hexdigest()
    assert first["attributes"]["SequenceNumber"] < second["attributes"]["SequenceNumber"]


def test_a_dead_letter_names_its_queue() -> None:
    event = EVENTS.sqs("a", queue="dead", dead_letter_source="orders")

    assert event["Records"][0]["attributes"]["DeadLetterQueueSourceArn"].endswith(":orders")


def test_a_topic_reaches_a_function_and_a_queue() -> None:
    direct = parse(EVENTS.sns({"id": 1}, subject="new", attributes={"kind": "tea"}), models.SnsModel).Records[0].Sns
    queued: Any = parse(EVENTS.sns_to_sqs({"id": 1}, {"id": 2}), Order, envelope=envelopes.SnsSqsEnvelope)

    assert (direct.Message, direct.Subject) == ('{"id":1}', "new")
    assert direct.MessageAttributes is not None
    assert direct.MessageAttributes["kind"].Value == "tea"
    assert [order.id for order in queued] == [1, 2]


@pytest.mark.parametrize("self_managed", [False, True])
def test_kafka_records_have_offsets_keys_and_headers(*, self_managed: bool) -> None:
    event = EVENTS.kafka({"id": 1}, {"id": 2}, key="k", headers={"trace": "x"}, self_managed=self_managed)
    model = models.KafkaSelfManagedEventModel if self_managed else models.KafkaMskEventModel
    records = parse(event, model).records["orders-0"]

    assert [(record.offset, record.key, json.loads(str(record.value))) for record in records] == [
        (0, b"k", {"id": 1}),
        (1, b"k", {"id": 2}),
    ]
    assert records[0].headers == [{"trace": b"x"}]


def test_rabbit_messages_say_their_size() -> None:
    event = rabbit_mq_event.RabbitMQEvent(EVENTS.rabbit_mq({"id": 1}, queue="q", virtual_host="v"))
    message = event.rmq_messages_by_queue["q::v"][0]

    assert message.json_data == {"id": 1}
    assert message.basic_properties.body_size == len('{"id":1}')


# --- streams ---------------------------------------------------------------------------------------------------------


@given(data=st.lists(st.binary(max_size=50), min_size=1, max_size=3))
def test_stream_records_carry_bytes(data: list[bytes]) -> None:
    kinesis = data_classes.KinesisStreamEvent(EVENTS.kinesis(*data, partition_key="p"))
    firehose = data_classes.KinesisFirehoseEvent(EVENTS.firehose(*data, source_stream="orders"))

    assert [record.kinesis.data_as_bytes() for record in kinesis.records] == data
    assert [record.data_as_bytes for record in firehose.records] == data
    for record in kinesis.records:
        assert record.event_id.endswith(record.kinesis.sequence_number)


@given(item=st.dictionaries(TEXT.filter(bool), JSON_VALUES, min_size=1, max_size=4))
def test_items_are_read_back_as_they_were(item: dict[str, Any]) -> None:
    (record,) = data_classes.DynamoDBStreamEvent(EVENTS.dynamodb(item, keys=sorted(item)[:1])).records

    assert record.dynamodb is not None
    assert record.dynamodb.new_image == item
    assert record.dynamodb.keys == {name: item[name] for name in sorted(item)[:1]}


@pytest.mark.parametrize(
    ("new", "old", "name", "images"),
    [
        ({"id": 1}, None, "INSERT", {"NewImage"}),
        ({"id": 1}, {"id": 1, "n": 2}, "MODIFY", {"NewImage", "OldImage"}),
        (None, {"id": 1}, "REMOVE", {"OldImage"}),
    ],
)
def test_a_change_says_what_it_was(new: Any, old: Any, name: str, images: set[str]) -> None:
    event = EVENTS.dynamodb(*([new] if new else []), old=old)
    (record,) = parse(event, models.DynamoDBStreamModel).Records

    assert record.eventName == name
    assert {"NewImage", "OldImage"} & set(event["Records"][0]["dynamodb"]) == images
    assert event["Records"][0]["dynamodb"]["Keys"] == {"id": {"N": "1"}}
    assert record.dynamodb.SizeBytes > 0


def test_sets_and_binaries_have_types_of_their_own() -> None:
    assert to_attribute({"b", "a"}) == {"SS": ["a", "b"]}
    assert to_attribute({1.5, 2}) == {"NS": ["1.5", "2"]}
    assert to_attribute(b"\xff") == {"B": "/w=="}
    for impossible in (object(), set[str](), {"a", 1}):
        with pytest.raises(TypeError):
            to_attribute(impossible)


def test_log_lines_arrive_compressed() -> None:
    event = EVENTS.cloudwatch_logs("first", {"level": "ERROR"}, log_group="/aws/lambda/api")
    read = parse(json.loads(json.dumps(event)), models.CloudWatchLogsModel).awslogs.decoded_data

    assert [line.message for line in read.logEvents] == ["first", '{"level":"ERROR"}']
    assert read.logGroup == "/aws/lambda/api"
    assert json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))["owner"] == "210987654321"


# --- storage ---------------------------------------------------------------------------------------------------------


@given(key=TEXT.filter(bool), content=st.binary(max_size=40))
def test_an_object_has_the_size_and_the_tag_of_its_content(key: str, content: bytes) -> None:
    stored = EVENTS.s3(key, content=content, version="v1")["Records"][0]["s3"]["object"]
    bridged = EVENTS.s3_eventbridge(key, content=content)["detail"]["object"]

    assert unquote_plus(stored["key"]) == bridged["key"] == key
    assert stored["size"] == bridged["size"] == len(content)
    assert stored["eTag"] == bridged["etag"] == hashlib.md5(content).hexdigest()
    assert stored["versionId"] == "v1"


def test_an_object_that_is_gone_has_no_size() -> None:
    assert "size" not in EVENTS.s3(event="ObjectRemoved:Delete")["Records"][0]["s3"]["object"]
    gone = parse(EVENTS.s3_eventbridge(event="ObjectRemoved"), models.S3EventNotificationEventBridgeModel)
    assert (gone.detail_type, gone.detail.deletion_type) == ("Object Deleted", "Permanently Deleted")


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_a_batch_operation_names_its_objects(schema: Any) -> None:
    event = EVENTS.s3_batch("a b", "c", bucket="shop", arguments={"k": "v"}, schema=schema)
    tasks = data_classes.S3BatchOperationEvent(event).tasks

    assert [(task.s3_key, task.s3_bucket) for task in tasks] == [("a b", "shop"), ("c", "shop")]
    assert ("userArguments" in event["job"]) == (schema == "2.0")


# --- notices ---------------------------------------------------------------------------------------------------------


def test_an_event_of_a_bus_holds_its_detail() -> None:
    order: Any = parse(EVENTS.eventbridge(detail={"id": 5}), Order, envelope=envelopes.EventBridgeEnvelope)

    assert order.id == 5
    assert EVENTS.eventbridge()["time"] == "2026-07-10T19:19:04Z"


@pytest.mark.parametrize(("by", "arn"), [("rule", ":rule/nightly"), ("scheduler", ":schedule/default/nightly")])
def test_a_schedule_names_what_fires(by: Any, arn: str) -> None:
    event = EVENTS.schedule(name="nightly", by=by)

    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"][0].endswith(arn)
    assert data_classes.EventBridgeEvent(event).source == ("aws.events" if by == "rule" else "aws.scheduler")


def test_a_mail_has_its_subject_once_as_a_header_and_once_for_reading() -> None:
    event = EVENTS.ses("Tea?", sender="Ford <ford@example.org>", to=["a@example.com", "b@example.com"], spam="FAIL")
    read = parse(event, models.SesModel).Records[0].ses

    assert read.mail.commonHeaders.subject == "Tea?"
    assert {"name": "Subject", "value": "Tea?"} in event["Records"][0]["ses"]["mail"]["headers"]
    assert read.mail.source == "ford@example.org"
    assert read.receipt.recipients == ["a@example.com", "b@example.com"]
    assert read.receipt.spamVerdict.status == "FAIL"


def test_an_alarm_changes_from_one_state_to_another() -> None:
    alarm = data_classes.CloudWatchAlarmEvent(EVENTS.cloudwatch_alarm("hot", state="OK", previous="ALARM"))

    assert (alarm.alarm_data.alarm_name, alarm.alarm_data.state.value) == ("hot", "OK")
    assert alarm.alarm_data.previous_state.value == "ALARM"


def test_a_config_rule_is_called_on_a_change_or_on_time() -> None:
    changed: Any = data_classes.AWSConfigRuleEvent(
        EVENTS.config_rule(parameters={"tag": "a"}, item={"resourceId": "i-1"})
    )
    timed = data_classes.AWSConfigRuleEvent(EVENTS.config_rule())

    assert changed.rule_parameters == {"tag": "a"}
    assert changed.raw_event["eventLeftScope"] is False
    assert json.loads(changed["invokingEvent"])["configurationItem"] == {"resourceId": "i-1"}
    assert timed.invoking_event.message_type == "ScheduledNotification"


# --- people, agents and deployments ----------------------------------------------------------------------------------

TRIGGER_MODELS: dict[str, Any] = {
    "pre-sign-up": models.CognitoPreSignupTriggerModel,
    "post-confirmation": models.CognitoPostConfirmationTriggerModel,
    "pre-authentication": models.CognitoPreAuthenticationTriggerModel,
    "post-authentication": models.CognitoPostAuthenticationTriggerModel,
    "migrate-user": models.CognitoMigrateUserTriggerModel,
    "custom-message": models.CognitoCustomMessageTriggerModel,
    "custom-email-sender": models.CognitoCustomEmailSenderTriggerModel,
    "custom-sms-sender": models.CognitoCustomSMSSenderTriggerModel,
    "define-auth-challenge": models.CognitoDefineAuthChallengeTriggerModel,
    "create-auth-challenge": models.CognitoCreateAuthChallengeTriggerModel,
    "verify-auth-challenge": models.CognitoVerifyAuthChallengeTriggerModel,
    "pre-token": models.CognitoPreTokenGenerationTriggerModelV1,
    "pre-token-v2": models.CognitoPreTokenGenerationTriggerModelV2AndV3,
}


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_trigger_of_a_user_pool_is_valid(trigger: Any) -> None:
    event = EVENTS.cognito(trigger, user="ford", attributes={"email": "ford@example.org"})
    read = parse(json.loads(json.dumps(event)), TRIGGER_MODELS[trigger])

    assert read.userName == "ford"
    assert event["request"]["userAttributes"]["email"] == "ford@example.org"
    assert ("response" in event) == hasattr(read, "response")


def test_the_request_of_a_trigger_can_be_replaced() -> None:
    event = EVENTS.cognito("verify-auth-challenge", request={"challengeAnswer": "41"}, metadata={"a": "b"})

    assert event["request"]["challengeAnswer"] == "41"
    assert event["request"]["clientMetadata"] == {"a": "b"}


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("Create", models.CloudFormationCustomResourceCreateModel),
        ("Update", models.CloudFormationCustomResourceUpdateModel),
        ("Delete", models.CloudFormationCustomResourceDeleteModel),
    ],
)
def test_a_custom_resource_is_made_changed_and_deleted(kind: Any, model: Any) -> None:
    event = EVENTS.cloudformation(kind, properties={"Size": "2"}, old_properties={"Size": "1"})
    read = parse(event, model)

    assert read.request_type == kind
    assert read.resource_properties["Size"] == "2"
    assert ("OldResourceProperties" in event, "PhysicalResourceId" in event) == (kind == "Update", kind != "Create")


def test_a_pipeline_passes_its_parameters() -> None:
    job = data_classes.CodePipelineJobEvent(EVENTS.codepipeline({"stage": "prod"}, continuation_token="next"))

    assert job.decoded_user_parameters == {"stage": "prod"}
    assert job.data.continuation_token == "next"


def test_an_agent_passes_parameters_with_their_types() -> None:
    event = EVENTS.bedrock_agent("post", "/orders", parameters={"id": 7}, properties={"note": "tea", "gift": True})
    read = parse(event, models.BedrockAgentEventModel)
    called = parse(EVENTS.bedrock_function("find", parameters={"price": 1.5}), models.BedrockAgentFunctionEventModel)

    assert read.parameters is not None
    assert [(each.name, each.type_, each.value) for each in read.parameters] == [("id", "integer", "7")]
    assert read.request_body is not None
    properties = read.request_body.content["application/json"].properties
    assert [(each.name, each.type_, each.value) for each in properties] == [
        ("note", "string", "tea"),
        ("gift", "boolean", "true"),
    ]
    assert called.parameters is not None
    assert called.parameters[0].type_ == "number"


def test_a_resolver_knows_its_field_and_its_user() -> None:
    event = EVENTS.appsync("order", arguments={"id": 7}, source={"shop": 1}, selection=["id", "lines"], user="arthur")
    read = parse(event, models.AppSyncResolverEventModel)

    assert (read.info.fieldName, read.arguments, read.source) == ("order", {"id": 7}, {"shop": 1})
    assert read.identity is not None
    assert data_classes.AppSyncResolverEvent(event).info is not None
    assert event["identity"]["claims"]["cognito:username"] == "arthur"


def test_a_channel_gets_what_is_published() -> None:
    read = parse(EVENTS.appsync_events({"id": 1}, channel="/shop/orders"), models.AppSyncEventsModel)
    subscribed = parse(EVENTS.appsync_events(operation="SUBSCRIBE"), models.AppSyncEventsModel)

    assert read.events is not None
    assert [each.payload for each in read.events] == [{"id": 1}]
    assert read.info.channel.segments == ["shop", "orders"]
    assert subscribed.events is None


def test_a_contact_flow_passes_its_parameters() -> None:
    event = data_classes.ConnectContactFlowEvent(EVENTS.connect(parameters={"a": "1"}, attributes={"b": "2"}))

    assert event.parameters == {"a": "1"}
    assert event.contact_data.attributes == {"b": "2"}
