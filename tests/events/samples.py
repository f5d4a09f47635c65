"""Recorded and published AWS events outside the repository, in the folder that `LAMBDAKIT_SAMPLE_EVENTS` names."""

import json
import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lambdakit.settings import SAMPLE_EVENTS

_FOLDER = os.environ.get(SAMPLE_EVENTS)
NO_SAMPLES = f"{SAMPLE_EVENTS} names no folder of sample events"
SAMPLES = {path.relative_to(_FOLDER).as_posix(): path for path in Path(_FOLDER).rglob("*.json")} if _FOLDER else {}

SOURCES: list[tuple[str, str | None]] = [
    # What a function answers, and what is one record or one field of an event.
    ("rust-events/*-response.json", None),
    ("rust-events/*-response-with-*.json", None),
    ("powertools/*Response.json", None),
    ("rust-events/*-dynamodb-event-record-*", None),
    ("rust-events/*-cloudtrail-*", None),
    ("rust-events/*-appsync-identity-*", None),
    ("rust-events/*-custom-resource-provider-*", None),
    ("rust-events/*-sqs-api-*", None),
    ("sam/batch__*", None),
    ("sam/stepfunctions__*", None),
    # Authorizers are called with events that look like those of the API they guard.
    ("*authorizer-v*-request*.json", "authorizer"),
    ("*authorizer-websocket-request.json", "authorizer"),
    ("rust-events/example-apigw-custom-auth-request*", "authorizer"),
    ("rust-events/example-appsync-lambda-auth-request.json", "authorizer"),
    ("*/apiGatewayAuthorizer*", "authorizer"),
    ("*/appSyncAuthorizerEvent.json", "authorizer"),
    ("sam/*Authorizer.json", "authorizer"),
    # HTTP requests.
    ("*/functionurl.json", "function-url"),
    ("*lambda_function_url*", "function-url"),
    ("*/lambdaFunctionUrl*", "function-url"),
    ("*/apigwv1.json", "rest-api"),
    ("*/apigwv2.json", "http-api"),
    ("*alb*[mM]ulti*alue*", "alb-multi-value"),
    ("live/alb.json", "alb-multi-value"),
    ("*/alb*", "alb"),
    ("*-alb-*", "alb"),
    ("*/vpcLattice*V2*", "vpc-lattice"),
    ("*/vpcLattice*", "vpc-lattice-1.0"),
    ("powertools/apiGatewayProxyV2*", "http-api"),
    ("powertools/apiGatewayProxyEventPrincipalId.json", "rest-api"),
    ("powertools/apiGatewayProxyEvent_noVersionAuth.json", "rest-api"),
    ("powertools/apiGatewayProxy*", "http-api-1.0"),
    ("powertools/apigatewaye*", "http-api-1.0"),
    ("rust/apigw_v2_*", "http-api"),
    ("rust/apigw_request_path_with_space.json", "http-api"),
    ("rust/apigw_*", "rest-api"),
    ("*-apigw-sam-http-*", "http-api"),
    ("*-apigw-sam-rest-*", "http-api-1.0"),
    ("*-apigw-v2-*", "http-api"),
    ("*-apigw-websocket-*", "websocket"),
    ("*-apigw-*", "rest-api"),
    ("sam/apigateway__AwsProxy.json", "rest-api"),
    ("sam/apigateway__HttpApi.json", "http-api"),
    ("ws_connect.json", "websocket"),
    # Records and batches.
    ("*cloudwatch-alarm-sns-*", "sns"),
    ("*-ses-sns-*", "ses"),
    ("powertools/s3SqsEvent.json", "sqs"),
    ("powertools/snsSqs*", "sqs"),
    ("powertools/sqs*", "sqs"),
    ("*/example-sqs-*", "sqs"),
    ("sam/sqs__*", "sqs"),
    ("powertools/sns*", "sns"),
    ("*/example-sns-*", "sns"),
    ("sam/sns__*", "sns"),
    ("powertools/ses*", "ses"),
    ("*/example-ses-*", "ses"),
    ("sam/ses__*", "ses"),
    ("powertools/s3EventBridge*", "eventbridge"),
    ("powertools/s3BatchOperation*", None),
    ("powertools/s3ObjectEvent*", None),
    ("*-s3-object-lambda-*", None),
    ("sam/s3__S3Batch*", None),
    ("powertools/s3Event*", "s3"),
    ("*/example-s3-*", "s3"),
    ("sam/s3__*", "s3"),
    ("sam/rekognition__RekognitionS3Request.json", "s3"),
    ("powertools/dynamoStream*", "dynamodb"),
    ("*dynamodb*", "dynamodb"),
    ("powertools/kinesisFirehose*", "firehose"),
    ("*-firehose-event.json", "firehose"),
    # Templates without the stream's ARN, which every real batch has.
    ("sam/kinesis__KinesisFirehoseApachelog.json", None),
    ("sam/kinesis__KinesisFirehoseSyslog.json", None),
    ("sam/kinesis__KinesisFirehoseStreamsAsSource.json", None),
    ("sam/kinesis__KinesisFirehose*", "firehose"),
    ("sam/kinesis__KinesisAnalytics*", None),
    ("*kinesis*", "kinesis"),
    ("*[cC]ode*[cC]ommit*", "codecommit"),
    ("*kafka*", "kafka"),
    ("*ctive[mM][qQ]*", "mq"),
    ("*abbit[mM][qQ]*", "mq"),
    ("*-documentdb-*", "documentdb"),
    # Notices.
    ("*eventbridge-schedule*", "schedule"),
    ("*ScheduledEvent.json", "schedule"),
    ("*ventbridge*", "eventbridge"),
    ("*/eventBridge*", "eventbridge"),
    ("*-autoscaling-*", "eventbridge"),
    ("*-codebuild-*", "eventbridge"),
    ("*-codedeploy-lifecycle-*", None),
    ("*-codedeploy-*", "eventbridge"),
    ("*-codepipeline-*", "eventbridge"),
    ("*-ecr-image-scan-*", "eventbridge"),
    ("*-composite-with-suppressor-alarm.json", "eventbridge"),
    ("*cloud[wW]atch*[aA]larm*", None),
    ("*cloud[wW]atch*[lL]og*", "cloudwatch-logs"),
    ("sam/cloudfront__*", "cloudfront"),
    ("*cloudformation*", "cloudformation"),
    ("powertools/cognito*", "cognito"),
    ("*-cognito-event-userpools-*", "cognito"),
    # Services whose events the toolkit does not know.
    ("*[aA]lexa*", None),
    ("*[aA]pp[sS]ync*", None),
    ("*[bB]edrock*", None),
    ("*Dashboard*", None),
    ("*clientvpn*", None),
    ("*ode[dD]eploy*", None),
    ("*ode[pP]ipeline*", None),
    ("*cognito-event.json", None),
    ("*CognitoSync*", None),
    ("*[cC]onfig*", None),
    ("*[cC]onnect*", None),
    ("*-iot*", None),
    ("*lex*", None),
    ("sam/sagemaker__*", None),
    ("*[sS]ecrets*anager*", None),
    ("*WorkMail*", None),
]
"""Patterns of names, each with the source of its samples, or None where no known source sends them; first wins."""


def load_sample(name: str) -> Any:
    return json.loads(SAMPLES[name].read_text(encoding="utf-8"))


def expected_source(name: str) -> str | None:
    """Return the source by the table; a sample that the table forgot is a KeyError."""
    for pattern, source in SOURCES:
        if fnmatchcase(name, pattern):
            return source
    raise KeyError(name)
