"""How messages get out of a queue, and to the dead letters.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import json
import secrets
import sqlite3
from typing import Any, NamedTuple

from lambdakit.emulator.queues.catalog import Catalog, Queue, drop_expired
from lambdakit.emulator.queues.digests import digest_attributes, digest_body
from lambdakit.emulator.queues.handles import make_handle
from lambdakit.emulator.queues.sending import sequence_number

SENDER = "AIDAIENQZJOLO23YVJ4VO"
"""Who has sent every message, as AWS's examples have it."""

_STANDARD = """
SELECT * FROM messages WHERE queue = :queue AND visible_at <= :now ORDER BY visible_at, sequence LIMIT :count
"""
# A group stands still while one of its messages is being worked on, and before one that is not due. The plus keeps
# SQLite from looking at all that is due before the first of it.
_FIFO = """
WITH held AS (
    SELECT group_id, min(CASE WHEN receipt IS NULL THEN sequence ELSE 0 END) AS first FROM messages
    WHERE queue = :queue AND visible_at > :now GROUP BY group_id
)
SELECT message.* FROM messages AS message LEFT JOIN held ON held.group_id = message.group_id
WHERE message.queue = :queue AND message.deduplication_id IS NOT NULL AND +message.visible_at <= :now
AND (held.first IS NULL OR message.sequence < held.first)
ORDER BY message.sequence LIMIT :count
"""
_TAKE = """
UPDATE messages SET visible_at = ?, receipt = ?, received_at = coalesce(received_at, ?),
    receives = receives + 1, tries = tries + 1 WHERE sequence = ?
"""
_BURY = """
UPDATE messages SET queue = ?, source = ?, receipt = NULL, tries = 0, visible_at = ?, sent_at = ? WHERE sequence = ?
"""


class Message(NamedTuple):
    """A message that was received; times in milliseconds since 1970, `attributes` as SQS's API has them."""

    message_id: str
    handle: str
    body: str
    attributes: dict[str, dict[str, Any]]
    system: dict[str, str]

    @property
    def body_digest(self) -> str:
        """The MD5 of the body."""
        return digest_body(self.body)

    @property
    def attributes_digest(self) -> str | None:
        """The MD5 of all attributes, or None without any."""
        return digest_attributes(self.attributes) if self.attributes else None


class _Row(NamedTuple):
    """A message as the file has it, column by column."""

    sequence: int
    queue: int
    message_id: str
    body: str
    attributes: str | None
    trace: str | None
    group_id: str | None
    deduplication_id: str | None
    source: str | None
    sent_at: int
    visible_at: int
    receipt: str | None
    received_at: int | None
    receives: int
    tries: int


class Receipt(NamedTuple):
    """What a queue gave.

    `next_in` are the seconds until another message may be due, None where there is none; `buried` the ids of new dead
    letters.
    """

    messages: list[Message]
    next_in: float | None
    buried: list[str]


def receive(
    connection: sqlite3.Connection, now: int, queue: Queue, count: int, visibility: int | None, catalog: Catalog
) -> Receipt:
    """Take up to `count` messages, which nobody else gets for `visibility` seconds or the queue's own time."""
    drop_expired(connection, now, queue)
    rows, buried = _select(connection, now, queue, count, catalog)
    until = now + (queue.settings.visibility if visibility is None else visibility) * 1000
    messages: list[Message] = []
    for row in rows:
        token = secrets.token_hex(8)
        connection.execute(_TAKE, (until, token, now, row.sequence))
        messages.append(_make_message(row, make_handle(queue.id, row.sequence, token), now, queue))
    return Receipt(messages, None if messages else _next_in(connection, now, queue), buried)


def _select(
    connection: sqlite3.Connection, now: int, queue: Queue, count: int, catalog: Catalog
) -> tuple[list[_Row], list[str]]:
    """Return what is due, once all that was received too often is with the dead letters."""
    statement = _FIFO if queue.settings.is_fifo else _STANDARD
    values = {"queue": queue.id, "now": now, "count": count}
    buried: list[str] = []
    redrive = queue.settings.redrive
    target = catalog.find_by_arn(connection, redrive.target) if redrive else None
    while True:
        rows = [_Row._make(row) for row in connection.execute(statement, values)]
        if redrive is None or target is None:
            return rows, buried
        spent = [row for row in rows if row.tries >= redrive.most_receives]
        if not spent:
            return rows, buried
        for row in spent:
            # A standard queue's messages keep their age among the dead letters, a FIFO queue's do not.
            sent_at = now if queue.settings.is_fifo else row.sent_at
            connection.execute(_BURY, (target.id, catalog.arn(queue.name), now, sent_at, row.sequence))
        buried += [row.message_id for row in spent]


def _next_in(connection: sqlite3.Connection, now: int, queue: Queue) -> float | None:
    statement = "SELECT min(visible_at) FROM messages WHERE queue = ? AND visible_at > ?"
    at = connection.execute(statement, (queue.id, now)).fetchone()[0]
    return None if at is None else (at - now) / 1000


def _make_message(row: _Row, handle: str, now: int, queue: Queue) -> Message:
    known = {
        "MessageGroupId": row.group_id,
        "MessageDeduplicationId": row.deduplication_id,
        "SequenceNumber": sequence_number(row.sequence) if queue.settings.is_fifo else None,
        "AWSTraceHeader": row.trace,
        "DeadLetterQueueSourceArn": row.source,
    }
    system = {
        "ApproximateReceiveCount": str(row.receives + 1),
        "SentTimestamp": str(row.sent_at),
        "SenderId": SENDER,
        "ApproximateFirstReceiveTimestamp": str(row.received_at or now),
        **{name: value for name, value in known.items() if value is not None},
    }
    return Message(row.message_id, handle, row.body, json.loads(row.attributes) if row.attributes else {}, system)
