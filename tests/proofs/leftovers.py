from typing import Any, cast

import boto3

from proofs.account import PREFIX


def client(service: str) -> Any:
    """Return a client of the account that the variables of this process name."""
    return cast("Any", boto3.session.Session()).client(service)


def find_leftovers(run: str = "") -> list[str]:
    """Return what is in the account and was made by a proof, or by one run of it."""
    functions = client("lambda").list_functions()["Functions"]
    roles = client("iam").list_roles()["Roles"]
    groups = client("logs").describe_log_groups()["logGroups"]
    names: list[str] = [each["FunctionName"] for each in functions] + [each["RoleName"] for each in roles]
    names += [each["logGroupName"].removeprefix("/aws/lambda/") for each in groups]
    return [name for name in names if name.startswith(PREFIX + run)]
