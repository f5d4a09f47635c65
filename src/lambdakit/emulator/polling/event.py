"""The event that brings messages to a function.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from lambdakit.emulator.queues import Message


def encode_record(message: Message, arn: str) -> bytes:
    """Return a message as one record of an event, in JSON."""
    record: dict[str, Any] = {
        "messageId": message.message_id,
        "receiptHandle": message.handle,
        "body": message.body,
        "attributes": message.system,
        "messageAttributes": {name: _describe(value) for name, value in message.attributes.items()},
        "md5OfBody": message.body_digest,
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }
    if (digest := message.attributes_digest) is not None:
        record["md5OfMessageAttributes"] = digest
    return json.dumps(record).encode()


def _describe(attribute: Mapping[str, Any]) -> dict[str, Any]:
    name = "BinaryValue" if "BinaryValue" in attribute else "StringValue"
    return {
        name[0].lower() + name[1:]: attribute[name],
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": attribute["DataType"],
    }


def encode_event(records: Iterable[bytes]) -> bytes:
    """Return the event of encoded records."""
    return b'{"Records": [' + b", ".join(records) + b"]}"
