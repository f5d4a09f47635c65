from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from lambdakit.testing import Functions

aws: Any = boto3


@pytest.fixture(scope="session")
def aws_address() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_what_has_come_in_is_kept(lambda_function: Functions, aws_address: str) -> None:
    database = aws.resource(
        "dynamodb",
        endpoint_url=aws_address,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    table = database.create_table(
        TableName="stock",
        KeySchema=[{"AttributeName": "item", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "item", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    stock = lambda_function("stock", environment={"AWS_ENDPOINT_URL": aws_address})

    assert not stock.invoke({"item": "tea", "count": 120}).failed
    assert table.get_item(Key={"item": "tea"})["Item"] == {"item": "tea", "count": 120}
