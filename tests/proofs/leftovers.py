from typing import Any

import boto3

from proofs.account import PREFIX


def find_leftovers(run: str = "") -> list[str]:
    """Return what is in the account of this process and was made by a proof, or by one run of it."""
    session: Any = boto3.session.Session()
    functions = session.client("lambda").list_functions()["Functions"]
    roles = session.client("iam").list_roles()["Roles"]
    groups = session.client("logs").describe_log_groups()["logGroups"]
    names = [each["FunctionName"] for each in functions] + [each["RoleName"] for each in roles]
    names += [each["logGroupName"].removeprefix("/aws/lambda/") for each in groups]
    return [name for name in names if name.startswith(PREFIX + run)]
