"""Tasks that bring dead letters back, or elsewhere.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import secrets
import sqlite3
import uuid
from typing import NamedTuple

from lambdakit.emulator.queues.catalog import Catalog, Queue
from lambdakit.emulator.queues.refusals import invalid
from lambdakit.errors import QueueRefusal

_MOST_SHOWN = 10
_AT_ONCE = 200
_COPY = """
INSERT INTO messages (queue, message_id, body, attributes, trace, group_id, deduplication_id, sent_at, visible_at)
SELECT ?, ?, body, attributes, trace, group_id, deduplication_id, ?, ? FROM messages WHERE sequence = ?
"""


class Move(NamedTuple):
    """A task as the file has it, column by column; `rate` in messages a second, None for as fast as can be."""

    handle: str
    source: str
    destination: str | None
    rate: int | None
    status: str
    moved: int
    to_move: int
    started_at: int
    failure: str | None


class Step(NamedTuple):
    """What a task has done at a time: `woken` are the queues that got messages, `pause` the seconds until the next."""

    woken: set[str]
    is_last: bool
    pause: float = 0.0


def start(
    connection: sqlite3.Connection, now: int, catalog: Catalog, source: str, destination: str | None, rate: int | None
) -> str:
    """Note down a task, and return its handle."""
    queue = _find(connection, catalog, source)
    if not catalog.sources(connection, queue.name):
        raise invalid("Source queue must be configured as a Dead Letter Queue.")
    if destination is not None and _find(connection, catalog, destination).settings.is_fifo != queue.settings.is_fifo:
        raise invalid("Source and destination queues must be of the same type.")
    if connection.execute("SELECT 1 FROM moves WHERE source = ? AND status = 'RUNNING'", (source,)).fetchone():
        what = (
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
        raise invalid(what)
    waiting = connection.execute("SELECT COUNT(*) FROM messages WHERE queue = ?", (queue.id,)).fetchone()[0]
    handle = secrets.token_urlsafe(32)
    row = (handle, source, destination, rate, "RUNNING", 0, waiting, now, None)
    connection.execute("INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return handle


def _find(connection: sqlite3.Connection, catalog: Catalog, arn: str) -> Queue:
    queue = catalog.find_by_arn(connection, arn)
    if queue is None:
        raise QueueRefusal(
            "ResourceNotFoundException", "The resource that you specified for the queue ARN does not exist."
        )
    return queue


def list_moves(connection: sqlite3.Connection, catalog: Catalog, source: str, count: int) -> list[Move]:
    """Return the newest tasks of a queue."""
    _find(connection, catalog, source)
    statement = "SELECT * FROM moves WHERE source = ? ORDER BY started_at DESC LIMIT ?"
    return [Move._make(row) for row in connection.execute(statement, (source, min(count, _MOST_SHOWN)))]


def list_running(connection: sqlite3.Connection) -> list[Move]:
    """Return the tasks that have not ended."""
    return [Move._make(row) for row in connection.execute("SELECT * FROM moves WHERE status = 'RUNNING'")]


def _find_move(connection: sqlite3.Connection, handle: str) -> Move:
    row = connection.execute("SELECT * FROM moves WHERE handle = ?", (handle,)).fetchone()
    if row is None:
        raise QueueRefusal("ResourceNotFoundException", "Task does not exist.")
    return Move._make(row)


def cancel(connection: sqlite3.Connection, handle: str) -> int:
    """End a task, and return how many messages it has moved."""
    move = _find_move(connection, handle)
    if move.status != "RUNNING":
        raise QueueRefusal("UnsupportedOperation", "Only active tasks can be cancelled.")
    connection.execute("UPDATE moves SET status = 'CANCELLED' WHERE handle = ?", (handle,))
    return move.moved


def move_some(connection: sqlite3.Connection, now: int, catalog: Catalog, handle: str) -> Step:
    """Move what one second allows; the messages are new ones where they arrive."""
    move = _find_move(connection, handle)
    source = catalog.find_by_arn(connection, move.source)
    if move.status != "RUNNING" or source is None:
        return Step(set(), is_last=True)
    statement = "SELECT sequence, source FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY sequence LIMIT ?"
    rows = connection.execute(statement, (source.id, now, move.rate or _AT_ONCE)).fetchall()
    woken: set[str] = set()
    for sequence, came_from in rows:
        target = catalog.find_by_arn(connection, move.destination or came_from or "")
        if target is None:
            return _fail(connection, move, woken)
        connection.execute(_COPY, (target.id, str(uuid.uuid4()), now, now + target.settings.delay * 1000, sequence))
        connection.execute("DELETE FROM messages WHERE sequence = ?", (sequence,))
        connection.execute("UPDATE moves SET moved = moved + 1 WHERE handle = ?", (handle,))
        woken.add(target.name)
    if not rows:
        connection.execute("UPDATE moves SET status = 'COMPLETED' WHERE handle = ?", (handle,))
    return Step(woken, is_last=not rows, pause=1.0 if move.rate else 0.0)


def _fail(connection: sqlite3.Connection, move: Move, woken: set[str]) -> Step:
    statement = "UPDATE moves SET status = 'FAILED', failure = 'CouldNotDetermineMessageSource' WHERE handle = ?"
    connection.execute(statement, (move.handle,))
    return Step(woken, is_last=True)
