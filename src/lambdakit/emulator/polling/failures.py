"""Which messages of a batch a function has not dealt with, by its own account.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

import json
from collections.abc import Collection
from typing import Any

_KEY = "batchItemFailures"


class UnreadableFailures(Exception):
    """A function's account makes no sense, for which AWS has the whole batch delivered again; says why."""


def find_failures(payload: bytes, ids: Collection[str]) -> set[str]:
    """Return the ids of the messages that a function's result says have failed; no account means none has.

    Raises:
        UnreadableFailures: The result names no message of the batch where it should.
    """
    try:
        result: Any = json.loads(payload or b"null")
    except ValueError:
        raise UnreadableFailures("the result is no JSON") from None
    # A result that is no object has no such list either; AWS says nothing of it.
    failures: Any = result.get(_KEY) if isinstance(result, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] (whatever the function returned)
    if failures is None:
        return set()
    if not isinstance(failures, list):
        raise UnreadableFailures(f"{_KEY} is no list")
    return {_read(failure, ids) for failure in failures}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _read(failure: Any, ids: Collection[str]) -> str:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(identifier, str) or not identifier:
        raise UnreadableFailures(f"{json.dumps(failure)} in {_KEY} has no itemIdentifier")
    if identifier not in ids:
        raise UnreadableFailures(f"{identifier!r} in {_KEY} is no message of the batch")
    return identifier
