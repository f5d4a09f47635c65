"""Streams of records: Kinesis, Firehose, DynamoDB, DocumentDB and CloudWatch Logs."""

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lambdakit.operations.event_factories.attribute_values import size_of, to_item
from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_base64, as_text, milliseconds

_SHARD = "shardId-000000000000"


class StreamEvents(Family):
    """Makes events of streams."""

    def kinesis(self, *data: Any, stream: str = "orders", partition_key: str = "1") -> Event:
        """Describe a batch of records of a Kinesis data stream.

        Args:
            data: What a record says, as text, bytes or what JSON can say.
            stream: The stream's name.
            partition_key: The partition key of every record.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
        """
        return {"Records": [self._kinesis_record(each, stream, partition_key) for each in data or ("",)]}

    def _kinesis_record(self, data: Any, stream: str, partition_key: str) -> Event:
        origin, number = self._origin, f"49{self._origin.sequence(54)}"
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": partition_key,
                "sequenceNumber": number,
                "data": as_base64(data),
                "approximateArrivalTimestamp": milliseconds(origin.now) / 1000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{_SHARD}:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{origin.account}:role/function",
            "awsRegion": origin.region,
            "eventSourceARN": origin.arn("kinesis", f"stream/{stream}"),
        }

    def firehose(self, *data: Any, stream: str = "orders", source_stream: str | None = None) -> Event:
        """Describe a batch of records for a Firehose stream to be transformed.

        Args:
            data: What a record says, as text, bytes or what JSON can say.
            stream: The name of the Firehose stream.
            source_stream: The Kinesis data stream that it reads from, if it does.

        Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
        """
        origin = self._origin
        event: Event = {
            "invocationId": origin.uuid(),
            "deliveryStreamArn": origin.arn("firehose", f"deliverystream/{stream}"),
            "region": origin.region,
            "records": [self._firehose_record(each, has_source=source_stream is not None) for each in data or ("",)],
        }
        if source_stream is not None:
            event["sourceKinesisStreamArn"] = origin.arn("kinesis", f"stream/{source_stream}")
        return event

    def _firehose_record(self, data: Any, *, has_source: bool) -> Event:
        origin, arrived = self._origin, milliseconds(self._origin.now)
        number = f"49{origin.sequence(54)}"
        record: Event = {
            "recordId": f"{number}000000" if has_source else f"{number}000000000000",
            "approximateArrivalTimestamp": arrived,
            "data": as_base64(data),
        }
        if has_source:
            record["kinesisRecordMetadata"] = {
                "shardId": _SHARD,
                "partitionKey": origin.uuid(),
                "approximateArrivalTimestamp": arrived,
                "sequenceNumber": number,
                "subsequenceNumber": 0,
            }
        return record

    def dynamodb(
        self,
        *item: Mapping[str, Any],
        old: Mapping[str, Any] | None = None,
        keys: Sequence[str] = ("id",),
        table: str = "orders",
        view: Literal["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"] = "NEW_AND_OLD_IMAGES",
    ) -> Event:
        """Describe a batch of changes in a DynamoDB table.

        Args:
            item: An item as it is after the change, as `{"id": 1}`; without any the old one was removed.
            old: The item as it was before; without it every item is new.
            keys: The names of the attributes that make up the key.
            table: The table's name.
            view: Which images the stream holds.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
        """
        label = f"{self._origin.now:%Y-%m-%dT%H:%M:%S}.000"
        arn = self._origin.arn("dynamodb", f"table/{table}/stream/{label}")
        new: tuple[Mapping[str, Any] | None, ...] = item or (None,)
        if item == () and old is None:
            new = (dict.fromkeys(keys, "1"),)
        return {"Records": [self._change(each, old, keys, arn, view) for each in new]}

    def _change(
        self,
        new: Mapping[str, Any] | None,
        old: Mapping[str, Any] | None,
        keys: Sequence[str],
        arn: str,
        view: str,
    ) -> Event:
        known = new if new is not None else old or {}
        images = {
            "Keys": to_item({name: known[name] for name in keys if name in known}),
            **({"NewImage": to_item(new)} if new is not None and "NEW" in view else {}),
            **({"OldImage": to_item(old)} if old is not None and "OLD" in view else {}),
        }
        return {
            "eventID": self._origin.hex(32),
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._origin.region,
            "dynamodb": {
                "ApproximateCreationDateTime": float(int(self._origin.now.timestamp())),
                **images,
                "SequenceNumber": self._origin.sequence(21),
                "SizeBytes": sum(size_of(image) for image in images.values()),
                "StreamViewType": view,
            },
            "eventSourceARN": arn,
        }

    def documentdb(
        self, document: Mapping[str, Any] | None = None, *, database: str = "shop", collection: str = "orders"
    ) -> Event:
        """Describe an insertion into a DocumentDB collection, as its change stream tells it.

        Args:
            document: The document.
            database: The database.
            collection: The collection.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
        """
        origin = self._origin
        key = {"_id": {"$oid": origin.hex(24)}}
        change = {
            "_id": {"_data": origin.hex(34)},
            "clusterTime": {"$timestamp": {"t": int(origin.now.timestamp()), "i": 1}},
            "documentKey": key,
            "fullDocument": key | dict(document or {}),
            "ns": {"db": database, "coll": collection},
            "operationType": "insert",
        }
        return {
            "eventSourceArn": origin.arn("rds", "cluster:orders"),
            "events": [{"event": change}],
            "eventSource": "aws:docdb",
        }

    def cloudwatch_logs(
        self,
        *message: Any,
        log_group: str = "/aws/lambda/orders",
        filter_name: str = "all",
        log_stream: str | None = None,
    ) -> Event:
        """Describe log lines of a CloudWatch Logs subscription, which come as compressed JSON.

        Args:
            message: A line, as text or as what JSON can say.
            log_group: The log group.
            filter_name: The name of the subscription filter.
            log_stream: The log stream, by default one of a Lambda environment.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html
        """
        origin, now = self._origin, self._origin.now
        lines = {
            "messageType": "DATA_MESSAGE",
            "owner": origin.account,
            "logGroup": log_group,
            "logStream": log_stream or f"{now:%Y/%m/%d}/[$LATEST]{origin.hex(32)}",
            "subscriptionFilters": [filter_name],
            "logEvents": [
                {"id": origin.sequence(56), "timestamp": milliseconds(now), "message": as_text(each)}
                for each in message or ("",)
            ],
        }
        return {"awslogs": {"data": as_base64(gzip.compress(json.dumps(lines).encode(), mtime=0))}}
