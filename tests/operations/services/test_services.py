"""AWS's other services, played on demand, and who else may play them."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from lambdakit.errors import OptionError, UserError
from lambdakit.operations.services import SERVED, MotoOnDemand, point_at, read_credentials
from tests.emulator.queues.brokers import make_client

BOUND = 60.0
LOCAL = {"functions": "http://127.0.0.1:0", "queues": "http://127.0.0.1:1", "others": "http://127.0.0.1:2"}


def use_every_service(address: str) -> list[str]:
    """Keep something in each service, and read it again."""
    made = {name: make_client(address, service=name) for name in ("dynamodb", "secretsmanager", "ssm", "s3", "events")}
    key = {"id": {"S": "1"}}
    made["dynamodb"].create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made["dynamodb"].put_item(TableName="orders", Item={**key, "what": {"S": "table"}})
    made["secretsmanager"].create_secret(Name="a", SecretString="secret")
    made["ssm"].put_parameter(Name="a", Value="parameter", Type="String")
    made["s3"].create_bucket(Bucket="files")
    made["s3"].put_object(Bucket="files", Key="a", Body=b"object")
    made["events"].create_event_bus(Name="bus")
    return [
        made["dynamodb"].get_item(TableName="orders", Key=key)["Item"]["what"]["S"],
        made["secretsmanager"].get_secret_value(SecretId="a")["SecretString"],
        made["ssm"].get_parameter(Name="a")["Parameter"]["Value"],
        made["s3"].get_object(Bucket="files", Key="a")["Body"].read().decode(),
        made["events"].describe_event_bus(Name="bus")["Name"],
    ]


def call(address: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=BOUND)
    try:
        connection.request("GET", "/", headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def play(scene: Callable[[MotoOnDemand, list[str]], Any]) -> Any:
    notes: list[str] = []

    async def run() -> Any:
        async with MotoOnDemand(note=notes.append) as moto:
            return await scene(moto, notes)

    return asyncio.run(asyncio.wait_for(run(), 100))


def test_every_service_is_there_once_somebody_calls() -> None:
    async def scene(moto: MotoOnDemand, notes: list[str]) -> tuple[bool, list[str], bool]:
        before = moto.is_running
        answers = await asyncio.to_thread(use_every_service, moto.address)
        status, text = await asyncio.to_thread(call, moto.address, Host="evil.example")
        assert (status, "evil.example" in text) == (403, True)
        return before, answers, moto.is_running

    assert play(scene) == (False, ["table", "secret", "parameter", "object", "bus"], True)
    assert [each for each in psutil.Process().children() if "moto_process" in " ".join(each.cmdline())] == []


def test_a_server_that_ends_is_told_and_started_anew() -> None:
    async def scene(moto: MotoOnDemand, notes: list[str]) -> None:
        await asyncio.to_thread(call, moto.address)
        [process] = [each for each in psutil.Process().children() if "moto_process" in " ".join(each.cmdline())]
        process.kill()
        while not notes:  # noqa: ASYNC110 (a note is a callback)
            await asyncio.sleep(0.01)
        assert notes[0].startswith("moto's server has ended with -9")
        status, _ = await asyncio.to_thread(call, moto.address)
        assert status < 500

    play(scene)


WITHOUT_MOTO = """
import asyncio, http.client, sys
sys.path[:0] = sys.argv[1:]
from urllib.parse import urlsplit
from lambdakit.operations.services import MotoOnDemand

async def run():
    async with MotoOnDemand(note=print) as moto:
        for _ in range(2):
            connection = http.client.HTTPConnection(urlsplit(moto.address).netloc, timeout=20)
            try:
                await asyncio.to_thread(connection.request, "GET", "/")
            except OSError:
                pass
        await asyncio.sleep(0)

asyncio.run(run())
"""


def test_without_moto_one_line_names_what_to_install(tmp_path: Path) -> None:
    packages = Path(psutil.__file__).parents[1]
    for each in packages.iterdir():
        if not each.name.startswith("moto") and not each.name.endswith(".pth"):
            (tmp_path / each.name).symlink_to(each)
    source = Path(__file__).parents[3] / "src"
    command = [sys.executable, "-S", "-c", WITHOUT_MOTO, str(source), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND, check=False)

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "DynamoDB, Secrets Manager, SSM, S3 and EventBridge are not there: install lambdakit[services]"
    ]


def test_functions_find_the_local_services(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.delenv(name)
    found = point_at({"STAGE": "dev"}, **LOCAL)

    assert found == {
        "STAGE": "dev",
        "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:0",
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:1",
        **{f"AWS_ENDPOINT_URL_{name}": "http://127.0.0.1:2" for name in SERVED},
    }


def test_services_without_a_local_address_stay_those_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.delenv(name)
    assert point_at({}, **LOCAL | {"others": ""}).keys() == {"AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_SQS"}


def test_what_a_developer_names_replaces_a_local_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9001")
    found = point_at({"AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:9002"}, **LOCAL)

    assert found["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9000"
    assert found["AWS_ENDPOINT_URL_SSM"] == "http://127.0.0.1:9002"
    assert found["AWS_ENDPOINT_URL_DYNAMODB"] == LOCAL["others"]


def test_one_endpoint_for_all_replaces_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    assert point_at({}, **LOCAL) == {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}


REVEAL = """
import os
def handler(event, context):
    return {name: value for name, value in os.environ.items() if "KEY" in name or "TOKEN" in name or "PROFILE" in name}
"""


def reveal(folder: Path, credentials: dict[str, str]) -> dict[str, str]:
    (folder / "app.py").write_text(REVEAL)

    async def run() -> dict[str, str]:
        configuration = FunctionConfiguration(handler="app.handler", task_root=folder, credentials=credentials)
        async with Environment(configuration, log=lambda _: None) as environment:
            return json.loads((await environment.invoke(b"{}")).payload)

    return asyncio.run(asyncio.wait_for(run(), BOUND))


def test_a_developers_own_credentials_reach_a_function_only_when_they_are_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real-secret"}
    for name, value in {**real, "AWS_PROFILE": "work"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    usual = reveal(tmp_path, {})

    assert usual["AWS_ACCESS_KEY_ID"] == "AKIAIOSFODNN7EXAMPLE"
    assert not {"AKIAREAL", "real-secret", "work"} & set(usual.values())
    assert reveal(tmp_path, read_credentials()) == real


def test_a_shell_without_credentials_has_none_to_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(OptionError, match="export-credentials"):
        read_credentials()


def test_a_snapshot_holds_no_real_credentials(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="restored environment"):
        FunctionConfiguration(handler="app.handler", task_root=tmp_path, snapstart=True, credentials={"A": "b"})
