"""What the policy of a Lambda authorizer says of one request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

_ACTION = "execute-api:Invoke"
_NOT_EVALUATED = ("Condition", "NotAction", "NotResource")

Verdict = Literal["allow", "deny", "nothing"]
"""What a policy says: nothing, where no statement of it is about the request."""


class BadPolicy(ValueError):
    """A document is no policy."""


def judge(document: Any, arn: str) -> Verdict:
    """Return what a policy says of a request to `arn`: a denial counts more than what allows it.

    Conditions are not evaluated here. A statement that has one denies as if it were met, and does not allow.

    Raises:
        BadPolicy: The document has a shape that no policy has.
    """
    effects = set(_effects(document, arn))
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "nothing"


def _effects(document: Any, arn: str) -> Iterator[str]:
    for statement in _list(_table(document).get("Statement")):
        effect = _table(statement).get("Effect")
        if effect not in {"Allow", "Deny"}:
            raise BadPolicy("an Effect is neither Allow nor Deny")
        is_conditional = any(name in statement for name in _NOT_EVALUATED)
        if is_conditional and effect == "Allow":
            continue
        if is_conditional or _is_about(statement, arn):
            yield effect


def _is_about(statement: Mapping[str, Any], arn: str) -> bool:
    actions = any(_matches(pattern.lower(), _ACTION.lower()) for pattern in _texts(statement.get("Action")))
    return actions and any(_matches(pattern, arn) for pattern in _texts(statement.get("Resource")))


def _matches(pattern: str, text: str) -> bool:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadPolicy("an object was expected")
    return value  # pyright: ignore[reportUnknownVariableType] (JSON)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType] (JSON)


def _texts(value: Any) -> list[str]:
    if not all(isinstance(each, str) for each in _list(value)):
        raise BadPolicy("an Action or a Resource is no text")
    return _list(value)
