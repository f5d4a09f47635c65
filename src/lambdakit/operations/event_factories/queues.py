"""Amazon SQS and Amazon SNS."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_text, milliseconds, to_milliseconds

Attribute = str | int | float | bytes
"""The value of a message attribute: text, a number or bytes."""

_WAY = timedelta(milliseconds=2)


class QueueEvents(Family):
    """Makes events of queues and topics."""

    def sqs(
        self,
        *body: Any,
        queue: str = "orders",
        group: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        receive_count: int = 1,
        dead_letter_source: str | None = None,
    ) -> Event:
        """Describe a batch of messages of an SQS queue, one for each body.

        Args:
            body: What a message says, as text or as what JSON can say.
            queue: The queue's name; one that ends in `.fifo` makes it a FIFO queue.
            group: The message group, which makes it a FIFO queue as well.
            attributes: Attributes that every message has.
            receive_count: How often each message has been received, this time included.
            dead_letter_source: The queue from which the messages were moved to this dead-letter queue.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
        """
        is_fifo = group is not None or queue.endswith(".fifo")
        name = queue if not is_fifo or queue.endswith(".fifo") else f"{queue}.fifo"
        texts = [as_text(each) for each in body or ("",)]
        records = [self._message(text, name, attributes or {}, receive_count) for text in texts]
        for record in records:
            if is_fifo:
                record["attributes"] |= self._order(record["body"], group or "default")
            if dead_letter_source is not None:
                record["attributes"]["DeadLetterQueueSourceArn"] = self._origin.arn("sqs", dead_letter_source)
        return {"Records": records}

    def _message(self, text: str, queue: str, attributes: Mapping[str, Attribute], received: int) -> Event:
        origin, now = self._origin, self._origin.now
        return {
            "messageId": origin.uuid(),
            "receiptHandle": f"AQEB{origin.token(120)}",
            "body": text,
            "attributes": {
                "ApproximateReceiveCount": str(received),
                "SentTimestamp": str(milliseconds(now)),
                "SenderId": f"AROA{origin.hex(16).upper()}:sender",
                "ApproximateFirstReceiveTimestamp": str(milliseconds(now + _WAY)),
            },
            "messageAttributes": {name: _describe(value) for name, value in attributes.items()},
            "md5OfBody": _md5(text.encode()),
            **({"md5OfMessageAttributes": _digest(attributes)} if attributes else {}),
            "eventSource": "aws:sqs",
            "eventSourceARN": origin.arn("sqs", queue),
            "awsRegion": origin.region,
        }

    def _order(self, text: str, group: str) -> Event:
        return {
            "SequenceNumber": self._origin.sequence(20),
            "MessageGroupId": group,
            "MessageDeduplicationId": hashlib.sha256(text.encode()).hexdigest(),
        }

    def sns(
        self,
        message: Any = "",
        *,
        topic: str = "orders",
        subject: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Event:
        """Describe a message of an SNS topic; a topic sends each in an event of its own.

        Args:
            message: What it says, as text or as what JSON can say.
            topic: The topic's name.
            subject: The subject.
            attributes: Its attributes.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
        """
        notification = self._notify(as_text(message), topic, subject)
        # Lambda spells these two otherwise than a message that goes to a queue.
        for spelled in ("SigningCertURL", "UnsubscribeURL"):
            notification[spelled.replace("URL", "Url")] = notification.pop(spelled)
        notification["MessageAttributes"] = {name: _declare(value) for name, value in (attributes or {}).items()}
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": f"{notification['TopicArn']}:{self._origin.uuid()}",
            "Sns": notification,
        }
        return {"Records": [record]}

    def sns_to_sqs(
        self, *message: Any, topic: str = "orders", queue: str = "orders", subject: str | None = None
    ) -> Event:
        """Describe a batch of an SQS queue that is subscribed to an SNS topic, without raw message delivery.

        Args:
            message: What a message says, as text or as what JSON can say.
            topic: The topic's name.
            queue: The queue's name.
            subject: The subject of every message.

        Source: https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
        """
        return self.sqs(*(self._notify(as_text(each), topic, subject) for each in message or ("",)), queue=queue)

    def _notify(self, message: str, topic: str, subject: str | None) -> Event:
        origin = self._origin
        arn, host = origin.arn("sns", topic), f"https://sns.{origin.region}.amazonaws.com"
        subscription = f"{arn}:{origin.uuid()}"
        return {
            "Type": "Notification",
            "MessageId": origin.uuid(),
            "TopicArn": arn,
            "Subject": subject,
            "Message": message,
            "Timestamp": to_milliseconds(origin.now),
            "SignatureVersion": "1",
            "Signature": origin.token(256),
            "SigningCertURL": f"{host}/SimpleNotificationService-{origin.hex(32)}.pem",
            "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription}",
        }


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _kind(value: Attribute) -> str:
    return "Binary" if isinstance(value, bytes) else "String" if isinstance(value, str) else "Number"


def _describe(value: Attribute) -> Event:
    key = "binaryValue" if isinstance(value, bytes) else "stringValue"
    return {key: _written(value), "stringListValues": [], "binaryListValues": [], "dataType": _kind(value)}


def _declare(value: Attribute) -> Event:
    kind = _kind(value)
    return {"Type": kind if kind == "Binary" else "String", "Value": _written(value)}


def _digest(attributes: Mapping[str, Attribute]) -> str:
    # The emulator takes longer to import than all events together, and few messages have attributes.
    from lambdakit.emulator.queues.digests import digest_attributes  # noqa: PLC0415

    return digest_attributes({name: _as_sent(value) for name, value in attributes.items()})


def _as_sent(value: Attribute) -> Event:
    return {"BinaryValue" if isinstance(value, bytes) else "StringValue": _written(value), "DataType": _kind(value)}


def _written(value: Attribute) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
