"""What a receiver does with a message that it has: delete it, or say when others may have it.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html and
API_ChangeMessageVisibility.html beside it.
"""

import base64
import binascii
import sqlite3
from typing import Any, NamedTuple

from lambdakit.emulator.queues.catalog import Queue
from lambdakit.emulator.queues.refusals import invalid_parameter, missing
from lambdakit.errors import QueueRefusal

_PREFIX = "AQEB"
_LONGEST_VISIBILITY = 43_200
_FIND = "SELECT visible_at FROM messages WHERE queue = ? AND sequence = ? AND receipt = ?"


class _Handle(NamedTuple):
    queue: int
    sequence: int
    token: str


def make_handle(queue: int, sequence: int, token: str) -> str:
    """Return the receipt handle of one delivery."""
    return _PREFIX + base64.b64encode(f"{queue}:{sequence}:{token}".encode()).decode()


def _read_handle(handle: Any, queue: Queue) -> _Handle:
    if handle is None:
        raise missing("ReceiptHandle")
    try:
        number, sequence, token = base64.b64decode(str(handle).removeprefix(_PREFIX), validate=True).decode().split(":")
        read = _Handle(int(number), int(sequence), token)
    except (ValueError, binascii.Error):
        raise _refuse(handle) from None
    if read.queue != queue.id:
        raise _refuse(handle)
    return read


def _refuse(handle: Any) -> QueueRefusal:
    return QueueRefusal("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.')


def delete(connection: sqlite3.Connection, now: int, queue: Queue, handle: Any) -> None:
    """Delete a message; the handle of an earlier delivery deletes nothing."""
    read = _read_handle(handle, queue)
    if queue.settings.is_fifo:
        found = connection.execute(_FIND, read).fetchone()
        if found and found[0] <= now:
            raise invalid_parameter("ReceiptHandle", handle, "The receipt handle has expired.")
    connection.execute("DELETE FROM messages WHERE queue = ? AND sequence = ? AND receipt = ?", read)


def change_visibility(connection: sqlite3.Connection, now: int, queue: Queue, handle: Any, seconds: Any) -> None:
    """Let others have a message after some seconds from now."""
    read = _read_handle(handle, queue)
    if seconds is None:
        raise missing("VisibilityTimeout")
    if not isinstance(seconds, int) or not 0 <= seconds <= _LONGEST_VISIBILITY:
        raise invalid_parameter("VisibilityTimeout", seconds, "Must be between 0 and 43200, if provided.")
    found = connection.execute(_FIND, read).fetchone()
    if found is None or found[0] <= now:
        reason = "Message does not exist or is not available for visibility timeout change."
        what = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}"
        raise QueueRefusal("MessageNotInflight", what)
    connection.execute("UPDATE messages SET visible_at = ? WHERE sequence = ?", (now + seconds * 1000, read.sequence))
