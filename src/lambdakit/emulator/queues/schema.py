"""The file that the queues are in."""

import sqlite3
from pathlib import Path
from typing import Literal

from lambdakit.errors import QueuesInUse

Outlives = Literal["process", "power"]
"""What an acknowledged change outlives: the end of the broker's process, however sudden, or of the machine's power."""

_VERSION = 1
_SYNCHRONOUS = {"process": "NORMAL", "power": "FULL"}
_TABLES = """
CREATE TABLE queues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    attributes TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    purged_at INTEGER
);
CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT,
    trace TEXT,
    group_id TEXT,
    deduplication_id TEXT,
    source TEXT,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receipt TEXT,
    received_at INTEGER,
    receives INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_due ON messages (queue, visible_at, sequence);
CREATE INDEX messages_age ON messages (queue, sent_at);
CREATE INDEX messages_order ON messages (queue, sequence) WHERE deduplication_id IS NOT NULL;
CREATE INDEX messages_group ON messages (queue, group_id, sequence) WHERE group_id IS NOT NULL;
CREATE TABLE duplicates (
    queue INTEGER NOT NULL,
    scope TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (queue, scope, deduplication_id)
) WITHOUT ROWID;
CREATE INDEX duplicates_until ON duplicates (until);
CREATE TABLE moves (
    handle TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    destination TEXT,
    rate INTEGER,
    status TEXT NOT NULL,
    moved INTEGER NOT NULL DEFAULT 0,
    to_move INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    failure TEXT
);
"""
# Times are milliseconds since 1970. `receives` is what a receiver is told; `tries` counts in one queue alone, as a
# dead-letter queue may have one of its own.


def open_file(path: Path, outlives: Outlives) -> sqlite3.Connection:
    """Open a file of queues for this process alone, and make it where there is none.

    Raises:
        QueuesInUse: Another process has it open, or it is something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        _set_up(connection, path, outlives)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _explain(error, path) from error
    except QueuesInUse:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path, outlives: Outlives) -> None:
    # Held until the connection ends, and let go by the system when the process does.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[outlives]}")
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    elif version != _VERSION:
        raise QueuesInUse(f"{path} was written by another version of lambdakit", where="queues", fix="delete it")
    connection.execute("COMMIT")


def _explain(error: sqlite3.DatabaseError, path: Path) -> QueuesInUse:
    if "locked" in str(error):
        return QueuesInUse(f"another process has the queues in {path} open", where="queues", fix="stop that process")
    return QueuesInUse(f"{path} cannot be used: {error}", where="queues", fix="delete it, or choose another file")
