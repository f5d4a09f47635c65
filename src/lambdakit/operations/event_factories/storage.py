"""Amazon S3: notifications, through EventBridge, Batch Operations and Object Lambda."""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, quote_plus

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_bytes, to_milliseconds

_BRIDGED = {
    "ObjectCreated": ("Object Created", "PutObject"),
    "ObjectRemoved": ("Object Deleted", "DeleteObject"),
}


class StorageEvents(Family):
    """Makes events of S3."""

    def s3(
        self,
        key: str = "orders/1.json",
        *,
        bucket: str = "shop",
        event: str = "ObjectCreated:Put",
        content: Any = b"",
        version: str | None = None,
    ) -> Event:
        """Describe a notification about an object in S3; its key arrives encoded as in a query string.

        Args:
            key: The object's key, not encoded.
            bucket: The bucket's name.
            event: What happened, such as `ObjectCreated:Put` or `ObjectRemoved:Delete`.
            content: The object's content, which gives its size and its entity tag.
            version: The object's version, in a bucket that keeps versions.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
        """
        origin = self._origin
        described = {"key": quote_plus(key, safe="/"), **self._describe(content, event), **_only(versionId=version)}
        record: Event = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": origin.region,
            "eventTime": to_milliseconds(origin.now),
            "eventName": event,
            "userIdentity": {"principalId": f"AWS:AROA{origin.hex(16).upper()}:uploader"},
            "requestParameters": {"sourceIPAddress": "203.0.113.10"},
            "responseElements": {"x-amz-request-id": origin.hex(16).upper(), "x-amz-id-2": origin.token(57)},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": origin.uuid(),
                "bucket": self._bucket(bucket),
                "object": described | {"sequencer": origin.hex(18).upper()},
            },
        }
        return {"Records": [record]}

    def _bucket(self, name: str) -> Event:
        owner = {"principalId": f"A{self._origin.hex(13).upper()}"}
        return {"name": name, "ownerIdentity": owner, "arn": f"arn:aws:s3:::{name}"}

    def _describe(self, content: Any, event: str) -> Event:
        if event.startswith("ObjectRemoved"):
            return {}
        return {"size": len(as_bytes(content)), "eTag": _etag(content)}

    def s3_eventbridge(
        self,
        key: str = "orders/1.json",
        *,
        bucket: str = "shop",
        event: Literal["ObjectCreated", "ObjectRemoved"] = "ObjectCreated",
        content: Any = b"",
        version: str | None = None,
    ) -> Event:
        """Describe an event about an object in S3 that EventBridge delivers; its key arrives as it is.

        Args:
            key: The object's key.
            bucket: The bucket's name.
            event: `ObjectCreated` or `ObjectRemoved`.
            content: The object's content, which gives its size and its entity tag.
            version: The object's version, in a bucket that keeps versions.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        """
        origin = self._origin
        is_there = event != "ObjectRemoved"
        detail_type, reason = _BRIDGED[event]
        described = {"size": len(as_bytes(content)), "etag": _etag(content)} if is_there else {}
        detail = {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": key,
                **described,
                **_only(**{"version-id": version}),
                "sequencer": origin.hex(18).upper(),
            },
            "request-id": origin.hex(16).upper(),
            "requester": origin.account,
            "source-ip-address": "203.0.113.10",
            "reason": reason,
            **({} if is_there else {"deletion-type": "Permanently Deleted"}),
        }
        return self._bridge(detail_type, "aws.s3", [f"arn:aws:s3:::{bucket}"], detail)

    def s3_batch(
        self,
        *key: str,
        bucket: str = "shop",
        arguments: Mapping[str, str] | None = None,
        schema: Literal["1.0", "2.0"] = "2.0",
    ) -> Event:
        """Describe a task of an S3 Batch Operations job.

        Args:
            key: The key of an object, not encoded.
            bucket: The bucket's name.
            arguments: Arguments of the job, which schema 1.0 does not have.
            schema: The version of the invocation's schema, 1.0 or 2.0.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
        """
        origin = self._origin
        place = {"s3BucketArn": f"arn:aws:s3:::{bucket}"} if schema == "1.0" else {"s3Bucket": bucket}
        tasks = [
            {"taskId": origin.token(24), "s3Key": quote(each), "s3VersionId": None, **place}
            for each in key or ("orders/1.json",)
        ]
        job: Event = {"id": origin.uuid()}
        if schema != "1.0":
            job["userArguments"] = dict(arguments or {})
        return {
            "invocationSchemaVersion": schema,
            "invocationId": origin.token(48),
            "job": job,
            "tasks": tasks,
        }

    def s3_object_lambda(self, key: str = "orders/1.json", *, access_point: str = "shop", payload: str = "") -> Event:
        """Describe a request for an object through an S3 Object Lambda access point.

        Args:
            key: The object's key.
            access_point: The name of the Object Lambda access point.
            payload: The payload that its configuration passes on.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html
        """
        origin = self._origin
        host = f"{access_point}-{origin.account}"
        signature = f"X-Amz-Security-Token={quote(origin.token(96), safe='')}&X-Amz-Signature={origin.hex(64)}"
        path = f"/{quote(key)}"
        return {
            "xAmzRequestId": origin.uuid(),
            "getObjectContext": {
                "inputS3Url": f"https://{host}.s3-accesspoint.{origin.region}.amazonaws.com{path}?{signature}",
                "outputRoute": f"io-use1-{origin.letters(6)}",
                "outputToken": origin.token(48),
            },
            "configuration": {
                "accessPointArn": origin.arn("s3-object-lambda", f"accesspoint/{access_point}"),
                "supportingAccessPointArn": origin.arn("s3", f"accesspoint/{access_point}"),
                "payload": payload,
            },
            "userRequest": {
                "url": path,
                "headers": {
                    "Host": f"{host}.s3-object-lambda.{origin.region}.amazonaws.com",
                    "Accept-Encoding": "identity",
                },
            },
            "userIdentity": {
                "type": "IAMUser",
                "principalId": f"AIDA{origin.hex(16).upper()}",
                "arn": f"arn:aws:iam::{origin.account}:user/reader",
                "accountId": origin.account,
                "accessKeyId": f"AKIA{origin.hex(16).upper()}",
                "userName": "reader",
            },
            "protocolVersion": "1.00",
        }


def _etag(content: Any) -> str:
    return hashlib.md5(as_bytes(content), usedforsecurity=False).hexdigest()


def _only(**values: str | None) -> Event:
    return {name: value for name, value in values.items() if value is not None}
