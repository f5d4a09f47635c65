"""What can be set about a queue.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from lambdakit.emulator.queues.refusals import invalid_parameter
from lambdakit.errors import QueueRefusal

ACCOUNT = "123456789012"
"""The account number that AWS uses for examples, as the emulated functions have it."""

_NUMBERS = {
    "DelaySeconds": (0, 900, "0"),
    "MaximumMessageSize": (1024, 1_048_576, "1048576"),
    "MessageRetentionPeriod": (60, 1_209_600, "345600"),
    "ReceiveMessageWaitTimeSeconds": (0, 20, "0"),
    "VisibilityTimeout": (0, 43_200, "30"),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400, "300"),
}
_CHOICES = {
    "FifoQueue": {"true"},
    "ContentBasedDeduplication": {"true", "false"},
    "DeduplicationScope": {"queue", "messageGroup"},
    "FifoThroughputLimit": {"perQueue", "perMessageGroupId"},
    "SqsManagedSseEnabled": {"true", "false"},
}
_FIFO_DEFAULTS = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
_DEFAULTS = {
    **{name: default for name, (_, _, default) in _NUMBERS.items() if not name.startswith("Kms")},
    "SqsManagedSseEnabled": "true",
}
_TEXTS = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"})
NAMES = frozenset({*_NUMBERS, *_CHOICES, *_TEXTS})
"""The names of all attributes that can be set."""
_MOST_RECEIVES = 1000


class Redrive(NamedTuple):
    """Where messages go that were received too often."""

    target: str
    most_receives: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A queue's attributes, read; seconds and bytes."""

    is_fifo: bool
    delay: int
    size_limit: int
    retention: int
    wait: int
    visibility: int
    deduplicates_content: bool
    deduplicates_by_group: bool
    redrive: Redrive | None


@lru_cache(maxsize=256)
def read_settings(attributes: str) -> Settings:
    """Return what a queue's attributes, as JSON, say."""
    values = json.loads(attributes)
    policy = json.loads(values["RedrivePolicy"]) if values.get("RedrivePolicy") else None
    return Settings(
        is_fifo=values.get("FifoQueue") == "true",
        delay=int(values["DelaySeconds"]),
        size_limit=int(values["MaximumMessageSize"]),
        retention=int(values["MessageRetentionPeriod"]),
        wait=int(values["ReceiveMessageWaitTimeSeconds"]),
        visibility=int(values["VisibilityTimeout"]),
        deduplicates_content=values.get("ContentBasedDeduplication") == "true",
        deduplicates_by_group=values.get("DeduplicationScope") == "messageGroup",
        redrive=Redrive(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])) if policy else None,
    )


def defaults(*, is_fifo: bool) -> dict[str, str]:
    """Return the attributes of a queue about which nothing was said."""
    return {**_DEFAULTS, **_FIFO_DEFAULTS} if is_fifo else dict(_DEFAULTS)


def check_attributes(attributes: Mapping[str, str], *, is_fifo: bool) -> None:
    """Raise QueueRefusal for an attribute that does not exist, is not for such queues, or has no such value."""
    for name, value in attributes.items():
        if name in _NUMBERS:
            _check_number(name, value)
        elif name in _CHOICES:
            if value not in _CHOICES[name] or (name in _FIFO_DEFAULTS and not is_fifo):
                raise _unfit(name)
        elif name not in _TEXTS:
            raise QueueRefusal("InvalidAttributeName", f"Unknown Attribute {name}.")
    for name in ("RedrivePolicy", "RedriveAllowPolicy"):
        if attributes.get(name):
            _check_policy(name, attributes[name])


def _check_number(name: str, value: str) -> None:
    least, most, _ = _NUMBERS[name]
    if not (value.isdecimal() and least <= int(value) <= most):
        raise _unfit(name)


def _unfit(name: str) -> QueueRefusal:
    return QueueRefusal("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _check_policy(name: str, text: str) -> None:
    try:
        policy: Any = json.loads(text)
    except ValueError:
        raise invalid_parameter(name, text, "Redrive policy is not a valid JSON map.") from None
    if not isinstance(policy, dict):
        raise invalid_parameter(name, text, "Redrive policy is not a valid JSON map.")
    if name == "RedrivePolicy":
        _check_redrive(text, policy)


def _check_redrive(text: str, policy: Any) -> None:
    if "deadLetterTargetArn" not in policy:
        raise invalid_parameter(
            "RedrivePolicy", text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."
        )
    if "maxReceiveCount" not in policy:
        raise invalid_parameter(
            "RedrivePolicy", text, "Redrive policy does not contain mandatory attribute: maxReceiveCount."
        )
    count = str(policy["maxReceiveCount"])
    if not (count.isdecimal() and 1 <= int(count) <= _MOST_RECEIVES):
        raise invalid_parameter(
            "RedrivePolicy",
            text,
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to {_MOST_RECEIVES} both inclusive.",
        )
