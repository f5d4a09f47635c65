"""Ask a function and wait, ask it again without waiting, and read its answer while it comes."""

import json
from typing import Any

import boto3


def ask(client: Any, name: str, event: dict[str, Any]) -> Any:
    result = client.invoke(FunctionName=name, Payload=json.dumps(event))
    if "FunctionError" in result:
        raise RuntimeError(result["Payload"].read().decode())
    return json.load(result["Payload"])


def ask_later(client: Any, name: str, event: dict[str, Any]) -> str:
    result = client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
    return result["ResponseMetadata"]["RequestId"]


def listen(client: Any, name: str, event: dict[str, Any]) -> bytes:
    result = client.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event))
    chunks = [each["PayloadChunk"]["Payload"] for each in result["EventStream"] if "PayloadChunk" in each]
    return b"".join(chunks)


def connect() -> Any:
    # The address comes from AWS_ENDPOINT_URL_LAMBDA, so that nothing here is different on AWS.
    aws: Any = boto3
    return aws.client("lambda")
