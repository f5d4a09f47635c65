import base64
import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from proofs.account import PREFIX, Account
from proofs.ledger import Ledger
from tests.proofs.leftovers import client, find_leftovers

Opened = tuple[Account, Ledger, list[str]]


@pytest.fixture
def opened(aws: dict[str, str], package: Path) -> Iterator[Opened]:
    said: list[str] = []
    ledger = Ledger(said.append, pause=lambda _: None)
    account = Account(boto3.session.Session(), secrets.token_hex(3), ledger, package, say=said.append)
    yield account, ledger, said
    ledger.clear()
    assert find_leftovers(account.name("").removeprefix(PREFIX)) == []


def test_a_function_is_started_by_the_wrapper_script_on_the_managed_runtime(opened: Opened) -> None:
    account, _, _ = opened
    name = account.make_function("streaming", variables={"LAMBDAKIT_STREAMING": "function-url"})

    found = account.lambda_.get_function(FunctionName=name)
    made = found["Configuration"]
    assert (made["Runtime"], made["Handler"], made["Architectures"]) == ("python3.13", "probe.handler", ["x86_64"])
    assert made["Environment"]["Variables"] == {
        "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/lambdakit/runtime/bootstrap",
        "LAMBDAKIT_STREAMING": "function-url",
    }
    assert name == f"lambdakit-proof-{found['Tags']['lambdakit-proof']}-streaming"


def test_an_address_takes_signed_requests_alone(opened: Opened) -> None:
    account, _, _ = opened
    name = account.make_function("streaming")
    url = account.make_url(name, "RESPONSE_STREAM")

    made = account.lambda_.get_function_url_config(FunctionName=name)
    assert (made["FunctionUrl"], made["AuthType"], made["InvokeMode"]) == (url, "AWS_IAM", "RESPONSE_STREAM")


def test_functions_share_a_role_that_may_write_logs_and_nothing_else(opened: Opened) -> None:
    account, _, _ = opened
    roles = {
        account.lambda_.get_function(FunctionName=account.make_function(name))["Configuration"]["Role"]
        for name in ("one", "two")
    }

    iam = client("iam")
    role = iam.get_role(RoleName=account.name("execution"))["Role"]
    attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert roles == {role["Arn"]}
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert [policy["PolicyName"] for policy in attached] == ["AWSLambdaBasicExecutionRole"]


def test_a_version_with_a_snapshot_is_published_and_waited_for(opened: Opened) -> None:
    account, _, _ = opened
    name = account.make_function("snapstart", SnapStart={"ApplyOn": "PublishedVersions"})

    assert account.publish(name) == "1"


def test_clearing_deletes_everything_the_last_first(opened: Opened) -> None:
    account, ledger, said = opened
    run = account.name("").removeprefix(PREFIX)
    account.make_url(account.make_function("work"), "BUFFERED")
    assert find_leftovers(run) == [account.name("work"), account.name("execution")]

    assert ledger.clear() == []
    assert find_leftovers(run) == []
    kinds = [line.removeprefix("deleted ").partition(PREFIX)[0].strip() for line in said if line.startswith("deleted")]
    assert kinds == ["function URL of", "function", "log group /aws/lambda/", "policy of", "role"]
    assert ledger.clear() == []


def test_what_was_noted_and_never_made_is_gone_already(opened: Opened) -> None:
    account, ledger, _ = opened
    with pytest.raises(ClientError):
        account.make_function("work", KMSKeyArn="x", Layers=["arn:aws:lambda:eu-west-1:123456789012:layer:none:1"])

    assert ledger.clear() == []


def test_managed_instances_get_subnets_and_the_group_of_the_default_network(opened: Opened) -> None:
    account, _, _ = opened
    network = account.default_network()

    ec2 = client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=list(network.subnets))["Subnets"]
    [group] = ec2.describe_security_groups(GroupIds=list(network.security_groups))["SecurityGroups"]
    assert len(subnets) == 3
    assert {subnet["VpcId"] for subnet in subnets} == {group["VpcId"]}


def test_what_cannot_be_deleted_is_named_and_the_rest_is_deleted() -> None:
    said: list[str] = []
    pauses: list[float] = []
    deleted: list[str] = []
    ledger = Ledger(said.append, pause=pauses.append)

    def refuse() -> None:
        raise ClientError({"Error": {"Code": "ResourceConflictException", "Message": "in use"}}, "DeleteRole")

    ledger.note("first", lambda: deleted.append("first"))
    ledger.note("stubborn", refuse)
    ledger.note("last", lambda: deleted.append("last"))

    assert ledger.clear() == ["stubborn"]
    assert deleted == ["last", "first"]
    assert len(pauses) > 3
    assert any("NOT deleted: stubborn" in line and "in use" in line for line in said)


def test_the_package_is_uploaded_as_it_is(opened: Opened, package: Path) -> None:
    account, _, _ = opened
    made = account.lambda_.get_function(FunctionName=account.make_function("work"))["Configuration"]

    assert made["CodeSize"] == package.stat().st_size
    assert base64.b64decode(made["CodeSha256"]) == hashlib.sha256(package.read_bytes()).digest()
