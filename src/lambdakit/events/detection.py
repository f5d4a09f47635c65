"""Which service sent an event."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from lambdakit.errors import UnknownEvent
from lambdakit.events.shape import is_list, is_table

_RECORD_SOURCES = {
    "aws:sqs": "sqs",
    "aws:sns": "sns",
    "aws:s3": "s3",
    "aws:dynamodb": "dynamodb",
    "aws:kinesis": "kinesis",
    "aws:ses": "ses",
    "aws:codecommit": "codecommit",
}
_TOP_LEVEL_SOURCES = {
    "aws:kafka": "kafka",
    "aws:SelfManagedKafka": "kafka",
    "SelfManagedKafka": "kafka",
    "aws:mq": "mq",
    "aws:amq": "mq",
    "aws:rmq": "mq",
    "aws:docdb": "documentdb",
}
SOURCES = frozenset(
    {
        *_RECORD_SOURCES.values(),
        *_TOP_LEVEL_SOURCES.values(),
        *("authorizer", "cloudformation", "cloudfront", "cloudwatch-logs", "cognito", "eventbridge", "firehose"),
        *("schedule", "websocket"),
    }
)
"""The names that `detect` returns for events that are no HTTP request."""
_MOST_KEYS_SHOWN = 12
_LONGEST_KEY = 40


def detect(event: object) -> str:
    """Return the name of the source of an event, such as `function-url`, `sqs` or `schedule`.

    Raises:
        UnknownEvent: No source that the toolkit knows sends this shape; the message shows the shape.
    """
    source = _detect_table(event) if is_table(event) else None
    if source:
        return source
    raise UnknownEvent(
        f"no event source sends {describe_shape(event)}",
        where="the event",
        fix="send an HTTP event as API Gateway, a function URL, a load balancer or VPC Lattice does, "
        "or register a callable for the source `direct`",
    )


def _detect_table(event: Mapping[str, Any]) -> str | None:
    context = event.get("requestContext")
    if is_table(context):
        return _detect_http(event, context)
    if "raw_path" in event and "method" in event:
        return "vpc-lattice-1.0"
    records = event.get("Records")
    if is_list(records) and records:
        return _detect_record(records[0])
    return _detect_notice(event)


def _detect_http(event: Mapping[str, Any], context: Mapping[str, Any]) -> str | None:
    if "methodArn" in event or "routeArn" in event or "authorizationToken" in event:
        return "authorizer"
    if "elb" in context:
        return "alb-multi-value" if isinstance(event.get("multiValueHeaders"), dict) else "alb"
    if "http" in context and "rawPath" in event:
        domain = context.get("domainName")
        return "function-url" if isinstance(domain, str) and ".lambda-url." in domain else "http-api"
    if "connectionId" in context:
        return "websocket"
    if "targetGroupArn" in context or "serviceNetworkArn" in context:
        return "vpc-lattice"
    if "httpMethod" in event and "path" in event:
        return "http-api-1.0" if event.get("version") == "1.0" else "rest-api"
    return None


def _detect_record(record: object) -> str | None:
    if not is_table(record):
        return None
    if "cf" in record:
        return "cloudfront"
    source = record.get("eventSource") or record.get("EventSource")
    return _RECORD_SOURCES.get(source) if isinstance(source, str) else None


def _detect_notice(event: Mapping[str, Any]) -> str | None:
    if "detail-type" in event and "source" in event:
        return "schedule" if event["detail-type"] == "Scheduled Event" else "eventbridge"
    if "methodArn" in event:
        return "authorizer"
    if "awslogs" in event:
        return "cloudwatch-logs"
    if "deliveryStreamArn" in event and "records" in event:
        return "firehose"
    if "triggerSource" in event and "userPoolId" in event:
        return "cognito"
    if "ResourceType" in event and "ResponseURL" in event:
        return "cloudformation"
    source = event.get("eventSource")
    return _TOP_LEVEL_SOURCES.get(source) if isinstance(source, str) else None


def describe_shape(value: object) -> str:
    """Return a short description of a value's shape: its keys for an object, its type for anything else."""
    if not is_table(value):
        return f"a value of type {type(value).__name__}"
    keys = sorted(_shown(key) for key in islice(value, _MOST_KEYS_SHOWN))
    more = f" and {len(value) - _MOST_KEYS_SHOWN} more" if len(value) > _MOST_KEYS_SHOWN else ""
    return f"an object with the keys {', '.join(keys)}{more}" if keys else "an empty object"


def _shown(key: object) -> str:
    name = str(key)[:_LONGEST_KEY]
    return name if name.isprintable() else repr(name)
