"""Every factory makes what Powertools reads: its parser's models, or where it has none its data classes."""

import base64
import gzip
import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities import data_classes
from aws_lambda_powertools.utilities.data_classes import active_mq_event, code_pipeline_job_event, rabbit_mq_event
from aws_lambda_powertools.utilities.data_classes.appsync_authorizer_event import AppSyncAuthorizerEvent
from aws_lambda_powertools.utilities.parser import models, parse
from aws_lambda_powertools.utilities.parser.models.iot_registry_events import IoTCoreThingEvent

from lambdakit.errors import UnknownEvent
from lambdakit.events import detect
from lambdakit.operations.event_factories import Event, Events, Origin

MODELS: dict[str, Any] = {
    "alb": models.AlbModel,
    "appsync": models.AppSyncResolverEventModel,
    "appsync_events": models.AppSyncEventsModel,
    "authorizer_http_api": models.ApiGatewayAuthorizerRequestV2,
    "authorizer_request": models.ApiGatewayAuthorizerRequest,
    "authorizer_token": models.ApiGatewayAuthorizerToken,
    "bedrock_agent": models.BedrockAgentEventModel,
    "bedrock_function": models.BedrockAgentFunctionEventModel,
    "cloudformation": models.CloudFormationCustomResourceCreateModel,
    "cloudwatch_logs": models.CloudWatchLogsModel,
    "cognito": models.CognitoPreSignupTriggerModel,
    "dynamodb": models.DynamoDBStreamModel,
    "eventbridge": models.EventBridgeModel,
    "firehose": models.KinesisFirehoseModel,
    "function_url": models.LambdaFunctionUrlModel,
    "http_api": models.APIGatewayProxyEventV2Model,
    "http_api_one": models.APIGatewayProxyEventModel,
    "iot_thing": IoTCoreThingEvent,
    "kafka": models.KafkaMskEventModel,
    "kinesis": models.KinesisDataStreamModel,
    "rest_api": models.APIGatewayProxyEventModel,
    "s3": models.S3Model,
    "s3_batch": models.S3BatchOperationModel,
    "s3_eventbridge": models.S3EventNotificationEventBridgeModel,
    "s3_object_lambda": models.S3ObjectLambdaEvent,
    "schedule": models.EventBridgeModel,
    "ses": models.SesModel,
    "sns": models.SnsModel,
    "sns_to_sqs": models.SqsModel,
    "sqs": models.SqsModel,
    "transfer_family": models.TransferFamilyAuthorizer,
    "vpc_lattice_one": models.VpcLatticeModel,
    "websocket_connect": models.APIGatewayWebSocketConnectEventModel,
    "websocket_disconnect": models.APIGatewayWebSocketDisconnectEventModel,
    "websocket_message": models.APIGatewayWebSocketMessageEventModel,
}
"""The model of Powertools' parser for each factory that it has one for."""

READ: dict[str, Callable[[Event], object]] = {
    "active_mq": lambda event: next(active_mq_event.ActiveMQEvent(event).messages).destination_physicalname,
    # The parser wants one value for each header, where these two send lists as AWS documents them.
    "alb_multi_value": lambda event: data_classes.ALBEvent(event).multi_value_headers["accept"],
    "vpc_lattice": lambda event: data_classes.VPCLatticeEventV2(event).headers["accept"],
    "authorizer_appsync": lambda event: AppSyncAuthorizerEvent(event).request_context.query_string,
    "cloudwatch_alarm": lambda event: data_classes.CloudWatchAlarmEvent(event).alarm_data.state.value,
    "codecommit": lambda event: event["Records"][0]["codecommit"]["references"][0]["ref"],
    "codedeploy": lambda event: data_classes.CodeDeployLifecycleHookEvent(event).deployment_id[:2],
    "codepipeline": lambda event: code_pipeline_job_event.CodePipelineJobEvent(event).data.input_artifacts[0].name,
    "config_rule": lambda event: data_classes.AWSConfigRuleEvent(event).invoking_event.message_type,
    "connect": lambda event: data_classes.ConnectContactFlowEvent(event).contact_data.channel.name,
    "documentdb": lambda event: event["events"][0]["event"]["ns"]["coll"],
    "rabbit_mq": lambda event: rabbit_mq_event.RabbitMQEvent(event).rmq_messages_by_queue["orders::/"][0].data,
    "secret_rotation": lambda event: data_classes.SecretsManagerEvent(event).step,
}
"""How the event of each other factory is read."""

READ_AS = {
    "active_mq": "orders",
    "alb_multi_value": ["*/*"],
    "vpc_lattice": ["*/*"],
    "authorizer_appsync": "{ orders { id } }",
    "cloudwatch_alarm": "ALARM",
    "codecommit": "refs/heads/main",
    "codedeploy": "d-",
    "codepipeline": "Source",
    "config_rule": "ScheduledNotification",
    "connect": "VOICE",
    "documentdb": "orders",
    "rabbit_mq": "",
    "secret_rotation": "createSecret",
}
SOURCES = {
    **{
        name: name for name in ("alb", "cloudformation", "cognito", "dynamodb", "documentdb", "eventbridge", "firehose")
    },
    **{name: name for name in ("kafka", "kinesis", "s3", "schedule", "ses", "sns", "sqs", "codecommit")},
    **dict.fromkeys(("authorizer_appsync", "authorizer_http_api", "authorizer_request"), "authorizer"),
    **{f"websocket_{name}": "websocket" for name in ("connect", "message", "disconnect")},
    "active_mq": "mq",
    "rabbit_mq": "mq",
    "alb_multi_value": "alb-multi-value",
    "authorizer_token": "authorizer",
    "cloudwatch_logs": "cloudwatch-logs",
    "function_url": "function-url",
    "http_api": "http-api",
    "http_api_one": "http-api-1.0",
    "rest_api": "rest-api",
    "s3_eventbridge": "eventbridge",
    "sns_to_sqs": "sqs",
    "vpc_lattice": "vpc-lattice",
    "vpc_lattice_one": "vpc-lattice-1.0",
}
"""The source that the adapter takes each event for; the others are no source of it."""


def factories() -> list[str]:
    methods = inspect.getmembers(Events, inspect.isfunction)
    return [name for name, _ in methods if not name.startswith("_") and name not in {"http", "choose_host"}]


def make(name: str, **arguments: Any) -> Event:
    """Make an event, as it arrives: through JSON."""
    return json.loads(json.dumps(getattr(Events(Origin(seed=7)), name)(**arguments)))


def test_every_factory_is_read_by_a_test() -> None:
    assert set(factories()) == set(MODELS) | set(READ)
    assert set(READ) == set(READ_AS)
    assert not set(MODELS) & set(READ)


@pytest.mark.parametrize("name", MODELS)
def test_an_event_of_every_factory_is_valid_for_the_parser(name: str) -> None:
    parse(make(name), MODELS[name])


@pytest.mark.parametrize("name", READ)
def test_an_event_that_the_parser_has_no_model_for_is_read_by_a_data_class(name: str) -> None:
    assert READ[name](make(name)) == READ_AS[name]


@pytest.mark.parametrize("name", factories())
def test_the_adapter_takes_every_event_for_what_it_is(name: str) -> None:
    try:
        assert detect(make(name)) == SOURCES[name]
    except UnknownEvent:
        assert name not in SOURCES


@pytest.mark.parametrize("name", factories())
def test_the_same_seed_and_moment_make_the_same_event(name: str) -> None:
    now = Origin().now
    first, second, other = (getattr(Events(Origin(seed=seed, now=now)), name)() for seed in ("a", "a", "b"))

    assert first == second
    # What these say is all in their arguments, or the time.
    assert (first != other) or name == "authorizer_token"


def test_a_seed_may_be_what_no_encoding_has() -> None:
    now = Origin().now
    first, second = (Events(Origin(seed="\udcff", now=now)).sqs("tea") for _ in range(2))
    assert first == second


def test_log_lines_are_compressed_as_the_service_does() -> None:
    event = make("cloudwatch_logs")
    content = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))

    assert content["messageType"] == "DATA_MESSAGE"
