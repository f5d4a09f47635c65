from typing import Any

import boto3

aws: Any = boto3
table = aws.resource("dynamodb").Table("stock")


def handler(event: dict[str, Any], context: object) -> None:
    table.put_item(Item=event)
