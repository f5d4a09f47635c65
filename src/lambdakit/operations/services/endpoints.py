"""Where functions find AWS's services, and as whom they call them."""

from collections.abc import Mapping

from lambdakit import settings
from lambdakit.errors import OptionError

_GLOBAL = "AWS_ENDPOINT_URL"
SERVED = ("DYNAMODB", "SECRETS_MANAGER", "SSM", "S3", "EVENTBRIDGE")
"""The services that moto plays, as AWS's SDKs write them behind `AWS_ENDPOINT_URL_`.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""


def point_at(variables: Mapping[str, str], *, functions: str, queues: str, others: str) -> dict[str, str]:
    """Return a function's variables with the addresses of the local services in them; an empty one leaves AWS's own.

    What `variables` say already stays, then what the developer's shell says of an `AWS_ENDPOINT_URL...` counts; one
    for all services replaces all of them.
    """
    places = {"LAMBDA": functions, "SQS": queues} | dict.fromkeys(SERVED, others)
    local = {f"{_GLOBAL}_{name}": address for name, address in places.items() if address}
    said = {**settings.endpoint_variables(), **variables}
    return {**({} if _GLOBAL in said else local), **said}


def read_credentials() -> dict[str, str]:
    """Return the credentials that the developer's shell has, for functions that are to call AWS itself.

    Raises:
        OptionError: It has none.
    """
    if not (found := settings.shell_credentials()):
        raise OptionError(
            "this shell has no AWS credentials to pass on",
            where="the environment",
            fix='eval "$(aws configure export-credentials --format env)" first',
        )
    return found
