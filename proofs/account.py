"""What is made in the account: roles, functions, their addresses and versions, a capacity provider."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from proofs.ledger import Ledger, error_code
from proofs.package import ARCHITECTURE, PYTHON

PREFIX = "lambdakit-proof-"
"""What the name of everything begins with."""

_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_OPERATOR = "arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_WRAPPER = "/var/task/lambdakit/runtime/bootstrap"
_ROLE_TRIES, _ROLE_PAUSE = 20, 3.0
# A snapshot takes minutes, and so do instances.
_LONGEST_WAIT, _STATE_PAUSE = 20 * 60.0, 3.0
_ROLE_CODES = {"InvalidParameterValueException", "AccessDeniedException"}


@dataclass(frozen=True)
class Network:
    """Where managed instances run."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


class Account:
    """Makes things in one account and region, and notes each in a ledger."""

    def __init__(
        self,
        session: Any,
        run: str,
        ledger: Ledger,
        package: Path,
        *,
        say: Callable[[str], None],
        patience: float = 90.0,
    ) -> None:
        """Take a boto3 session, the name of this run, and the zip that functions are made of.

        `patience` is how many seconds a new address may take until it answers.
        """
        self.patience = patience
        self.session = session
        self.lambda_: Any = session.client("lambda")
        self._iam: Any = session.client("iam")
        self._logs: Any = session.client("logs")
        self._run = run
        self._ledger = ledger
        self._package = package
        self._say = say
        self._roles: dict[str, str] = {}

    def name(self, what: str) -> str:
        """Return the name of something in this run."""
        return f"{PREFIX}{self._run}-{what}"

    def make_function(
        self, what: str, *, variables: Mapping[str, str] | None = None, memory: int = 512, **settings: Any
    ) -> str:
        """Make a function that is started by the toolkit's wrapper script, wait for it and return its name."""
        name, role = self.name(what), self._make_role("execution", _EXECUTION)
        self._ledger.note(f"log group /aws/lambda/{name}", lambda: self._delete_log_group(name))
        self._note(f"function {name}", lambda: self.lambda_.delete_function(FunctionName=name))
        self._create(
            FunctionName=name,
            Runtime=f"python{PYTHON}",
            Architectures=[ARCHITECTURE],
            Handler="probe.handler",
            Role=role,
            Code={"ZipFile": self._package.read_bytes()},
            Timeout=30,
            MemorySize=memory,
            Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": _WRAPPER, **(variables or {})}},
            Tags={"lambdakit-proof": self._run},
            **settings,
        )
        self._wait_while_pending(FunctionName=name)
        return name

    def _create(self, **settings: Any) -> None:
        # IAM tells Lambda of a new role some seconds later.
        for left in reversed(range(_ROLE_TRIES)):
            try:
                self.lambda_.create_function(**settings)
            except ClientError as error:
                if not left or error_code(error) not in _ROLE_CODES or "role" not in str(error).lower():
                    raise
                time.sleep(_ROLE_PAUSE)
            else:
                return

    def make_url(self, function: str, mode: str) -> str:
        """Give a function an address that takes signed requests, and return it."""
        self._note(
            f"function URL of {function}", lambda: self.lambda_.delete_function_url_config(FunctionName=function)
        )
        settings = {"FunctionName": function, "AuthType": "AWS_IAM", "InvokeMode": mode}
        return str(self.lambda_.create_function_url_config(**settings)["FunctionUrl"])

    def publish(self, function: str, **settings: Any) -> str:
        """Publish a version, wait until it can be called and return its number or name."""
        version = str(self.lambda_.publish_version(FunctionName=function, **settings)["Version"])
        self._say(f"waiting for version {version} of {function}")
        self._wait_while_pending(FunctionName=function, Qualifier=version)
        return version

    def _wait_while_pending(self, **which: str) -> None:
        # The states of managed instances are more than those that boto3's waiters know.
        end = time.monotonic() + _LONGEST_WAIT
        while (found := self.lambda_.get_function_configuration(**which)).get("State") == "Pending":
            if time.monotonic() > end:
                raise RuntimeError(f"{which} is still pending after {_LONGEST_WAIT / 60:.0f} minutes")
            time.sleep(_STATE_PAUSE)
        if found.get("State") == "Failed":
            raise RuntimeError(f"{which} failed: {found.get('StateReason')}")

    def make_capacity_provider(self, network: Network) -> str:
        """Make what starts managed instances, wait until it is active and return its ARN."""
        name, role = self.name("capacity"), self._make_role("operator", _OPERATOR)
        self._note(
            f"capacity provider {name}", lambda: self.lambda_.delete_capacity_provider(CapacityProviderName=name)
        )
        made = self.lambda_.create_capacity_provider(
            CapacityProviderName=name,
            VpcConfig={"SubnetIds": list(network.subnets), "SecurityGroupIds": list(network.security_groups)},
            PermissionsConfig={"CapacityProviderOperatorRoleArn": role},
            InstanceRequirements={"Architectures": [ARCHITECTURE]},
        )
        self._wait_for_capacity(name)
        return str(made["CapacityProvider"]["CapacityProviderArn"])

    def _wait_for_capacity(self, name: str) -> None:
        end = time.monotonic() + _LONGEST_WAIT
        state = "Pending"
        while state == "Pending" and time.monotonic() < end:
            time.sleep(_STATE_PAUSE)
            state = self.lambda_.get_capacity_provider(CapacityProviderName=name)["CapacityProvider"]["State"]
        if state != "Active":
            raise RuntimeError(f"the capacity provider {name} is {state}")

    def default_network(self) -> Network:
        """Return the subnets and the security group of the region's default VPC."""
        ec2: Any = self.session.client("ec2")
        default = [{"Name": "default-for-az", "Values": ["true"]}]
        subnets = ec2.describe_subnets(Filters=default)["Subnets"]
        vpc = [{"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]}] if subnets else []
        groups = ec2.describe_security_groups(Filters=[*vpc, {"Name": "group-name", "Values": ["default"]}])
        return Network(
            tuple(subnet["SubnetId"] for subnet in subnets[:3]),
            tuple(group["GroupId"] for group in groups["SecurityGroups"][:1]),
        )

    def _make_role(self, what: str, policy: str) -> str:
        if what not in self._roles:
            name = self.name(what)
            self._note(f"role {name}", lambda: self._iam.delete_role(RoleName=name))
            made = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
            self._ledger.note(
                f"policy of {name}", lambda: self._iam.detach_role_policy(RoleName=name, PolicyArn=policy)
            )
            self._iam.attach_role_policy(RoleName=name, PolicyArn=policy)
            self._roles[what] = str(made["Role"]["Arn"])
        return self._roles[what]

    def _delete_log_group(self, function: str) -> None:
        self._logs.delete_log_group(logGroupName=f"/aws/lambda/{function}")

    def _note(self, what: str, delete: Callable[[], object]) -> None:
        self._say(f"making {what}")
        self._ledger.note(what, delete)
