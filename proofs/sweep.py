"""Finds and deletes what an earlier run that was killed has left behind."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from proofs.account import PREFIX
from proofs.ledger import Ledger, is_missing


def note_leftovers(session: Any, ledger: Ledger) -> None:
    """Note all that the names of this program show as its own, so that clearing the ledger deletes it."""
    iam, logs, lambda_ = session.client("iam"), session.client("logs"), session.client("lambda")
    for name in _find(iam, "list_roles", "Roles", "RoleName"):
        ledger.note(f"role {name}", lambda name=name: iam.delete_role(RoleName=name))
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            ledger.note(
                f"policy of {name}", lambda name=name, arn=arn: iam.detach_role_policy(RoleName=name, PolicyArn=arn)
            )
    for name in _find(logs, "describe_log_groups", "logGroups", "logGroupName", f"/aws/lambda/{PREFIX}"):
        ledger.note(f"log group {name}", lambda name=name: logs.delete_log_group(logGroupName=name))
    _note_capacity(lambda_, ledger)
    for name in _find(lambda_, "list_functions", "Functions", "FunctionName"):
        ledger.note(f"function {name}", lambda name=name: lambda_.delete_function(FunctionName=name))


def _note_capacity(lambda_: Any, ledger: Ledger) -> None:
    for found in _list_capacity(lambda_):
        name = str(found["CapacityProviderArn"]).rpartition(":")[2]
        if name.startswith(PREFIX):
            ledger.note(
                f"capacity provider {name}",
                lambda name=name: lambda_.delete_capacity_provider(CapacityProviderName=name),
            )


def _list_capacity(lambda_: Any) -> list[Any]:
    try:
        return lambda_.list_capacity_providers().get("CapacityProviders", [])
    except ClientError as error:
        if is_missing(error):
            # Not every region has managed instances.
            return []
        raise


def _find(client: Any, call: str, many: str, one: str, prefix: str = PREFIX) -> Iterator[str]:
    for page in client.get_paginator(call).paginate():
        yield from (each[one] for each in page[many] if each[one].startswith(prefix))
