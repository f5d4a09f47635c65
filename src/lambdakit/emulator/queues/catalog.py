"""The queues that there are, by name."""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lambdakit.emulator.queues.attributes import ACCOUNT, Settings, check_attributes, defaults, read_settings
from lambdakit.emulator.queues.refusals import invalid, invalid_parameter, no_queue
from lambdakit.errors import QueueRefusal

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_PURGE_PAUSE_MS = 60_000
_COUNTS = """
SELECT COUNT(*) FILTER (WHERE visible_at <= :now),
       COUNT(*) FILTER (WHERE visible_at > :now AND receipt IS NOT NULL),
       COUNT(*) FILTER (WHERE visible_at > :now AND receipt IS NULL)
FROM messages WHERE queue = :queue
"""


class Queue(NamedTuple):
    """A queue as the file has it, column by column; times in milliseconds since 1970."""

    id: int
    name: str
    attributes: str
    tags: str
    created_at: int
    modified_at: int
    purged_at: int | None

    @property
    def settings(self) -> Settings:
        """What its attributes say."""
        return read_settings(self.attributes)


class Catalog(NamedTuple):
    """Finds and changes queues; `region` is part of their ARNs."""

    region: str = "us-east-1"

    def arn(self, name: str) -> str:
        """Return a queue's ARN."""
        return f"arn:aws:sqs:{self.region}:{ACCOUNT}:{name}"

    def find(self, connection: sqlite3.Connection, name: str) -> Queue:
        """Return a queue; raises QueueRefusal where there is none."""
        if (queue := self._look_up(connection, name)) is None:
            raise no_queue()
        return queue

    def find_by_arn(self, connection: sqlite3.Connection, arn: str) -> Queue | None:
        """Return a queue, or None where there is none."""
        name = arn.rpartition(":")[2]
        return self._look_up(connection, name) if arn == self.arn(name) else None

    def _look_up(self, connection: sqlite3.Connection, name: str) -> Queue | None:
        row = connection.execute("SELECT * FROM queues WHERE name = ?", (name,)).fetchone()
        return Queue(*row) if row else None

    def search(self, connection: sqlite3.Connection, prefix: str = "") -> list[Queue]:
        """Return the queues whose names begin in a way, by name."""
        rows = connection.execute("SELECT * FROM queues ORDER BY name")
        return [queue for queue in map(Queue._make, rows) if queue.name.startswith(prefix)]

    def create(
        self,
        connection: sqlite3.Connection,
        now: int,
        name: str,
        attributes: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> Queue:
        """Make a queue, or return the one of that name if all that is asked for is so already."""
        is_fifo = attributes.get("FifoQueue") == "true"
        _check_name(name, is_fifo=is_fifo)
        check_attributes(attributes, is_fifo=is_fifo)
        if (queue := self._look_up(connection, name)) is not None:
            _check_same(queue, attributes)
            return queue
        self._check_dead_letters(connection, name, attributes, is_fifo=is_fifo)
        text = json.dumps({**defaults(is_fifo=is_fifo), **attributes})
        connection.execute(
            "INSERT INTO queues (name, attributes, tags, created_at, modified_at) VALUES (?, ?, ?, ?, ?)",
            (name, text, json.dumps(dict(tags)), now, now),
        )
        return self.find(connection, name)

    def change(self, connection: sqlite3.Connection, now: int, name: str, attributes: Mapping[str, str]) -> None:
        """Set attributes; an empty policy is removed."""
        queue = self.find(connection, name)
        if "FifoQueue" in attributes:
            raise QueueRefusal("InvalidAttributeName", "Unknown Attribute FifoQueue.")
        check_attributes(attributes, is_fifo=queue.settings.is_fifo)
        self._check_dead_letters(connection, name, attributes, is_fifo=queue.settings.is_fifo)
        after = {key: value for key, value in {**json.loads(queue.attributes), **attributes}.items() if value != ""}
        connection.execute(
            "UPDATE queues SET attributes = ?, modified_at = ? WHERE id = ?", (json.dumps(after), now, queue.id)
        )

    def _check_dead_letters(
        self, connection: sqlite3.Connection, name: str, attributes: Mapping[str, str], *, is_fifo: bool
    ) -> None:
        if not (text := attributes.get("RedrivePolicy")):
            return
        target = self.find_by_arn(connection, json.loads(text)["deadLetterTargetArn"])
        if target is None:
            raise invalid_parameter("RedrivePolicy", text, "Dead letter target does not exist.")
        if target.settings.is_fifo != is_fifo:
            reason = "Dead-letter queue must be same type of queue as the source."
            raise invalid_parameter("RedrivePolicy", text, reason)
        if not self._lets_in(target, self.arn(name)):
            raise invalid_parameter("RedrivePolicy", text, "The dead-letter queue's RedriveAllowPolicy forbids it.")

    def _lets_in(self, target: Queue, source: str) -> bool:
        policy = json.loads(json.loads(target.attributes).get("RedriveAllowPolicy") or "{}")
        permission = policy.get("redrivePermission", "allowAll")
        return permission == "allowAll" or (permission == "byQueue" and source in policy.get("sourceQueueArns", []))

    def delete(self, connection: sqlite3.Connection, name: str) -> None:
        """Delete a queue with all its messages."""
        queue = self.find(connection, name)
        for statement in ("DELETE FROM messages WHERE queue = ?", "DELETE FROM duplicates WHERE queue = ?"):
            connection.execute(statement, (queue.id,))
        connection.execute("DELETE FROM queues WHERE id = ?", (queue.id,))

    def purge(self, connection: sqlite3.Connection, now: int, name: str) -> None:
        """Delete a queue's messages; raises QueueRefusal within 60 seconds of the last time."""
        queue = self.find(connection, name)
        if queue.purged_at is not None and now - queue.purged_at < _PURGE_PAUSE_MS:
            message = f"Only one PurgeQueue operation on {name} is allowed every 60 seconds."
            raise QueueRefusal("PurgeQueueInProgress", message)
        connection.execute("DELETE FROM messages WHERE queue = ?", (queue.id,))
        connection.execute("UPDATE queues SET purged_at = ? WHERE id = ?", (now, queue.id))

    def tag(self, connection: sqlite3.Connection, name: str, tags: Mapping[str, str], gone: Iterable[str] = ()) -> None:
        """Set tags, and remove others."""
        queue = self.find(connection, name)
        after = {**json.loads(queue.tags), **tags}
        kept = {key: value for key, value in after.items() if key not in set(gone)}
        connection.execute("UPDATE queues SET tags = ? WHERE id = ?", (json.dumps(kept), queue.id))

    def describe(self, connection: sqlite3.Connection, now: int, name: str) -> dict[str, str]:
        """Return all of a queue's attributes, the counted ones too."""
        queue = self.find(connection, name)
        drop_expired(connection, now, queue)
        visible, in_flight, delayed = connection.execute(_COUNTS, {"queue": queue.id, "now": now}).fetchone()
        return {
            **json.loads(queue.attributes),
            "QueueArn": self.arn(name),
            "CreatedTimestamp": str(queue.created_at // 1000),
            "LastModifiedTimestamp": str(queue.modified_at // 1000),
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
        }

    def sources(self, connection: sqlite3.Connection, name: str) -> list[Queue]:
        """Return the queues whose dead letters go to this one."""
        target = self.arn(self.find(connection, name).name)
        queues = self.search(connection)
        return [queue for queue in queues if (to := queue.settings.redrive) is not None and to.target == target]


def drop_expired(connection: sqlite3.Connection, now: int, queue: Queue) -> None:
    """Delete what a queue has kept for its whole retention period."""
    oldest = now - queue.settings.retention * 1000
    connection.execute("DELETE FROM messages WHERE queue = ? AND sent_at <= ?", (queue.id, oldest))


def _check_name(name: str, *, is_fifo: bool) -> None:
    rule = "can only include alphanumeric characters, hyphens, or underscores"
    if _NAME.fullmatch(name) is None:
        raise invalid(f"The name of a queue {rule}, and be 1 to 80 in length")
    if name.endswith(".fifo") != is_fifo:
        raise invalid(f"The name of a FIFO queue {rule}, must end with .fifo suffix and be 1 to 80 in length")


def _check_same(queue: Queue, attributes: Mapping[str, str]) -> None:
    held = json.loads(queue.attributes)
    for name, value in attributes.items():
        if held.get(name) != value:
            message = f"A queue already exists with the same name and a different value for attribute {name}"
            raise QueueRefusal("QueueNameExists", message)
