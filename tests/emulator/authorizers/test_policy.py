from typing import Any

import pytest

from lambdakit.emulator.authorizers.policy import judge

ARN = "arn:aws:execute-api:us-east-1:123456789012:api/prod/GET/items/1"


def statement(effect: str = "Allow", action: Any = "execute-api:Invoke", resource: Any = "*", **more: Any) -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([], "nothing"),
        (statement(), "allow"),
        ([statement(resource=ARN)], "allow"),
        ([statement(resource=[ARN[:-1], ARN])], "allow"),
        ([statement(resource="arn:aws:execute-api:*:*:api/*/GET/*")], "allow"),
        ([statement(resource=ARN[:-1] + "?")], "allow"),
        ([statement(resource=ARN + "?")], "nothing"),
        ([statement(resource=ARN.replace("items", "ITEMS"))], "nothing"),
        ([statement(resource=ARN.replace("GET", "POST"))], "nothing"),
        ([statement(resource=ARN.replace("api/prod", "api.prod"))], "nothing"),
        ([statement(action="execute-api:*")], "allow"),
        ([statement(action="EXECUTE-API:invoke")], "allow"),
        ([statement(action=["s3:Get", "*"])], "allow"),
        ([statement(action="execute-api:ManageConnections")], "nothing"),
        ([statement(), statement("Deny")], "deny"),
        ([statement("Deny", resource=ARN + "0"), statement()], "allow"),
        ([statement("Deny", action="s3:*"), statement()], "allow"),
        ([statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], "nothing"),
        ([statement("Deny", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), statement()], "deny"),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], "nothing"),
    ],
)
def test_a_policy_is_judged_as_iam_does(statements: Any, verdict: str) -> None:
    assert judge({"Version": "2012-10-17", "Statement": statements}, ARN) == verdict
