"""How a caller names a function.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
"""

import re
from collections.abc import Mapping
from typing import TypeVar

from lambdakit.emulator.lambda_api import replies
from lambdakit.emulator.lambda_api.callee import Callee

LATEST = "$LATEST"
"""The only version that there is here."""

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
_QUALIFIER = re.compile(r"\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_$]{1,128}")
_LONGEST_NAME = 256

Function = TypeVar("Function", bound=Callee)


def find_function(functions: Mapping[str, Function], named: str, qualifier: str) -> Function:
    """Return the function that a name, an ARN or a partial ARN means, with a qualifier in it or beside it.

    Raises:
        Refused: The name has a wrong form, contradicts the qualifier, or means nothing that exists.
    """
    parts = _NAME.fullmatch(named) if len(named) <= _LONGEST_NAME else None
    if parts is None:
        constraint = "Member must satisfy regular expression pattern: " + _NAME.pattern
        raise replies.invalid_value(named, "functionName", constraint)
    if qualifier and _QUALIFIER.fullmatch(qualifier) is None:
        constraint = "Member must satisfy regular expression pattern: " + _QUALIFIER.pattern
        raise replies.invalid_value(qualifier, "qualifier", constraint)
    inner = parts["qualifier"] or ""
    if inner and qualifier and inner != qualifier:
        what = "The derived qualifier from the function name does not match the specified qualifier."
        raise replies.invalid_parameter(what)
    return _look_up(functions, parts, inner or qualifier)


def _look_up(functions: Mapping[str, Function], parts: re.Match[str], version: str) -> Function:
    function = functions.get(parts["name"])
    if function is None:
        raise replies.not_found("Function not found: " + _make_arn(functions, parts, version))
    region = function.configuration.region
    if parts["region"] not in {None, region}:
        what = f"Functions from '{parts['region']}' are not reachable in this region ('{region}')"
        raise replies.not_found(what)
    if parts["account"] not in {None, function.configuration.arn.split(":")[4]} or version not in {"", LATEST}:
        raise replies.not_found("Function not found: " + _make_arn(functions, parts, version))
    return function


def _make_arn(functions: Mapping[str, Function], parts: re.Match[str], version: str) -> str:
    known = next((each.configuration.arn for each in functions.values()), "arn:aws:lambda:us-east-1:123456789012:")
    _, _, _, region, account, *_ = known.split(":")
    arn = f"arn:aws:lambda:{parts['region'] or region}:{parts['account'] or account}:function:{parts['name']}"
    return f"{arn}:{version}" if version else arn
