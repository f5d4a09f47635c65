"""What SQS answers to requests that it does not take.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and the errors of each
action in the same reference.
"""

from typing import Any

from lambdakit.errors import QueueRefusal

_OF_THE_SERVICE = "AWS.SimpleQueueService."
_OLD_CODES = {
    "QueueDoesNotExist": "NonExistentQueue",
    "QueueDeletedRecently": "QueueDeletedRecently",
    "BatchEntryIdsNotDistinct": "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "BatchRequestTooLong",
    "EmptyBatchRequest": "EmptyBatchRequest",
    "InvalidBatchEntryId": "InvalidBatchEntryId",
    "MessageNotInflight": "MessageNotInflight",
    "PurgeQueueInProgress": "PurgeQueueInProgress",
    "TooManyEntriesInBatchRequest": "TooManyEntriesInBatchRequest",
    "UnsupportedOperation": "UnsupportedOperation",
}
_RENAMED = {
    "QueueNameExists": "QueueAlreadyExists",
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
}
_OF_EVERY_SERVICE = frozenset(
    {
        "InvalidParameterValueException",
        "MissingRequiredParameterException",
        "SerializationException",
        "UnknownOperationException",
    }
)


def old_code(code: str) -> str:
    """Return an error's name in the protocol that SQS spoke before JSON, by which clients still call it."""
    if code in _OLD_CODES:
        return _OF_THE_SERVICE + _OLD_CODES[code]
    return _RENAMED.get(code, code)


def full_code(code: str) -> str:
    """Return an error's name with the namespace that comes in an answer's `__type`."""
    namespace = "com.amazon.coral.service" if code in _OF_EVERY_SERVICE else "com.amazonaws.sqs"
    return f"{namespace}#{code}"


def invalid_parameter(name: str, value: Any, reason: str) -> QueueRefusal:
    """Return the refusal of a parameter's value."""
    return invalid(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def invalid(message: str) -> QueueRefusal:
    """Return the refusal of a request whose parts do not fit."""
    return QueueRefusal("InvalidParameterValueException", message)


def missing(name: str) -> QueueRefusal:
    """Return the refusal of a request that lacks a parameter."""
    return QueueRefusal("MissingRequiredParameterException", f"The request must contain the parameter {name}.")


def check_shape(name: str, value: Any, kind: type) -> Any:
    """Return a value of the request if it is a list or an object as it should be; raises QueueRefusal."""
    if not isinstance(value, kind):
        raise QueueRefusal("SerializationException", f"{name} has the wrong type.")
    return value


def no_queue() -> QueueRefusal:
    """Return the refusal of a queue that is not there."""
    return QueueRefusal("QueueDoesNotExist", "The specified queue does not exist.")
