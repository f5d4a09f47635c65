"""Where the records of asynchronous invocations go: into the queues of the project."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from lambdakit.emulator.lambda_api import Destination
from lambdakit.emulator.queues import Draft
from lambdakit.operations.dev.queueing import Queueing

_QUEUE_ARN = "arn:aws:sqs:"


class QueueDestinations:
    """Leads from the ARN of a queue to the queue itself; Lambda sends to none that keep an order.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    def __init__(self, queueing: Queueing) -> None:
        self._queueing = queueing

    def find(self, arn: str) -> Destination | None:
        """Return what sends a record to a queue, or None for another destination."""
        name = arn.rpartition(":")[2]
        if not arn.startswith(_QUEUE_ARN) or name.endswith(".fifo"):
            return None
        return partial(self._send, name)

    async def _send(self, name: str, record: Mapping[str, Any]) -> None:
        if self._queueing.broker is not None:
            await self._queueing.broker.queues.send(name, Draft(json.dumps(record), {}))
