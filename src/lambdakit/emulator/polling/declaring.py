"""The queues that a declaration asks for."""

import json
from typing import NamedTuple

from lambdakit.emulator.queues import Queues
from lambdakit.project import QueueTrigger

_LONGEST_RETENTION = 1_209_600


class QueueNames(NamedTuple):
    """What the queue of a function and the one of its dead letters are called."""

    queue: str
    dead_letters: str


def name_queues(function: str, trigger: QueueTrigger) -> QueueNames:
    """Return the names of a function's queues: its own name, and the one with `-dead-letters` added."""
    suffix = ".fifo" if trigger.fifo else ""
    return QueueNames(f"{function}{suffix}", f"{function}-dead-letters{suffix}")


async def declare_queues(queues: Queues, function: str, trigger: QueueTrigger) -> QueueNames:
    """Let a function's queues be there as declared, and keep what is in them."""
    names = name_queues(function, trigger)
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if trigger.fifo else {}
    await queues.declare(names.dead_letters, {**fifo, "MessageRetentionPeriod": str(_LONGEST_RETENTION)})
    target = queues.catalog.arn(names.dead_letters)
    # The first delivery is no retry.
    policy = {"deadLetterTargetArn": target, "maxReceiveCount": trigger.retries + 1}
    attributes = {"VisibilityTimeout": str(trigger.visibility), "RedrivePolicy": json.dumps(policy)}
    await queues.declare(names.queue, {**fifo, **attributes})
    return names
