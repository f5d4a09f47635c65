import json
from typing import Any


def is_bad(record: dict[str, Any]) -> bool:
    return json.loads(record["body"])["quantity"] < 1


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    bad = [record for record in event["Records"] if is_bad(record)]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in bad]}
