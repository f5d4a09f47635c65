"""Apache Kafka, Amazon MSK and Amazon MQ."""

from collections.abc import Mapping
from typing import Any

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_base64, as_bytes, milliseconds


class BrokerEvents(Family):
    """Makes events of message brokers."""

    def kafka(
        self,
        *value: Any,
        topic: str = "orders",
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        partition: int = 0,
        self_managed: bool = False,
    ) -> Event:
        """Describe a batch of records of a Kafka topic.

        Args:
            value: What a record says, as text, bytes or what JSON can say.
            topic: The topic.
            key: The key of every record.
            headers: The headers of every record.
            partition: The partition.
            self_managed: A cluster of your own instead of Amazon MSK.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
        """
        origin = self._origin
        described = [{name: list(text.encode())} for name, text in (headers or {}).items()]
        records = [
            {
                "topic": topic,
                "partition": partition,
                "offset": offset,
                "timestamp": milliseconds(origin.now),
                "timestampType": "CREATE_TIME",
                **({} if key is None else {"key": as_base64(key)}),
                "value": as_base64(each),
                "headers": described,
            }
            for offset, each in enumerate(value or ("",))
        ]
        return {**self._cluster(self_managed=self_managed), "records": {f"{topic}-{partition}": records}}

    def _cluster(self, *, self_managed: bool) -> Event:
        if self_managed:
            return {
                "eventSource": "SelfManagedKafka",
                "bootstrapServers": "kafka1.example.com:9092,kafka2.example.com:9092",
            }
        origin, name = self._origin, self._origin.letters(6)
        host = f"orders.{name}.c2.kafka.{origin.region}.amazonaws.com:9092"
        return {
            "eventSource": "aws:kafka",
            "eventSourceArn": origin.arn("kafka", f"cluster/orders/{origin.uuid()}-2"),
            "bootstrapServers": f"b-1.{host},b-2.{host}",
        }

    def active_mq(self, *data: Any, queue: str = "orders") -> Event:
        """Describe a batch of messages of an Amazon MQ broker with ActiveMQ.

        Args:
            data: What a message says: bytes make a bytes message, anything else a text message.
            queue: The queue.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
        """
        origin, broker = self._origin, f"b-{self._origin.uuid()}"
        now = milliseconds(origin.now)
        host = f"ID:{broker}-1.mq.{origin.region}.amazonaws.com-{origin.digits(5)}-{now}"
        messages = [
            {
                "messageID": f"{host}-{number}:1:1:1:1",
                "messageType": "jms/bytes-message" if isinstance(each, bytes) else "jms/text-message",
                "deliveryMode": 1,
                "replyTo": None,
                "type": None,
                "expiration": "0",
                "priority": 4,
                "correlationId": "",
                "redelivered": False,
                "destination": {"physicalName": queue},
                "data": as_base64(each),
                "timestamp": now,
                "brokerInTime": now,
                "brokerOutTime": now + 1,
                "properties": {},
            }
            for number, each in enumerate(data or ("",), 1)
        ]
        return {
            "eventSource": "aws:mq",
            "eventSourceArn": origin.arn("mq", f"broker:orders:{broker}"),
            "messages": messages,
        }

    def rabbit_mq(
        self, *data: Any, queue: str = "orders", virtual_host: str = "/", content_type: str = "text/plain"
    ) -> Event:
        """Describe a batch of messages of an Amazon MQ broker with RabbitMQ.

        Args:
            data: What a message says, as text, bytes or what JSON can say.
            queue: The queue.
            virtual_host: The virtual host.
            content_type: The type of what the messages say.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
        """
        origin = self._origin
        messages: list[Event] = [
            {
                "basicProperties": self._rabbit_properties(content_type, len(as_bytes(each))),
                "redelivered": False,
                "data": as_base64(each),
            }
            for each in data or ("",)
        ]
        return {
            "eventSource": "aws:rmq",
            "eventSourceArn": origin.arn("mq", f"broker:orders:b-{origin.uuid()}"),
            "rmqMessagesByQueue": {f"{queue}::{virtual_host}": messages},
        }

    def _rabbit_properties(self, content_type: str, size: int) -> Event:
        unsaid = ("contentEncoding", "correlationId", "replyTo", "type", "appId", "clusterId")
        return {
            **dict.fromkeys(unsaid),
            "contentType": content_type,
            "headers": {},
            "deliveryMode": 2,
            "priority": 0,
            "expiration": "60000",
            "messageId": self._origin.uuid(),
            "timestamp": f"{self._origin.now:%b %-d, %Y, %-I:%M:%S %p}",
            "userId": "orders",
            "bodySize": size,
        }
