"""How a message gets into a queue.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import base64
import binascii
import json
import re
import sqlite3
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from lambdakit.emulator.queues.catalog import Queue
from lambdakit.emulator.queues.digests import digest_attributes, digest_body
from lambdakit.emulator.queues.refusals import check_shape, invalid, invalid_parameter, missing
from lambdakit.errors import QueueRefusal

_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_ATTRIBUTE_NAME = re.compile(r"(?!(?i:aws\.|amazon\.))(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_ATTRIBUTE_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_MOST_ATTRIBUTES = 10
_LONGEST_DELAY = 900
_DEDUPLICATION_MS = 300_000
_FIRST_SEQUENCE = 18_870_000_000_000_000_000
_INSERT = """
INSERT INTO messages
    (queue, message_id, body, attributes, trace, group_id, deduplication_id, sent_at, visible_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class Draft(NamedTuple):
    """A message that may be sent; `attributes` and `trace` as SQS's API has them."""

    body: str
    attributes: Mapping[str, Mapping[str, Any]]
    trace: str | None = None
    delay: int | None = None
    group_id: str | None = None
    deduplication_id: str | None = None

    @property
    def size(self) -> int:
        """The bytes that count against the queue's limit."""
        return len(self.body.encode()) + sum(_size(*item) for item in self.attributes.items())


def _size(name: str, attribute: Mapping[str, Any]) -> int:
    value = _binary(attribute) if "BinaryValue" in attribute else attribute["StringValue"].encode()
    return len(name.encode()) + len(attribute["DataType"].encode()) + len(value)


def _binary(attribute: Mapping[str, Any]) -> bytes:
    return base64.b64decode(attribute["BinaryValue"])


def read_draft(request: Mapping[str, Any]) -> Draft:
    """Return the message of a request or of an entry of one; raises QueueRefusal for what no queue takes."""
    body = request.get("MessageBody")
    if not isinstance(body, str) or not body:
        raise missing("MessageBody")
    if _NOT_ALLOWED.search(body):
        raise QueueRefusal("InvalidMessageContents", "Invalid characters found in the message body.")
    attributes: dict[str, dict[str, Any]] = _read_map("MessageAttributes", request)
    _check_attributes(attributes)
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        _check_id(name, request.get(name))
    return Draft(
        body=body,
        attributes=attributes,
        trace=_read_trace(_read_map("MessageSystemAttributes", request)),
        delay=_read_delay(request.get("DelaySeconds")),
        group_id=request.get("MessageGroupId"),
        deduplication_id=request.get("MessageDeduplicationId"),
    )


def _read_map(name: str, request: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    attributes: dict[str, Any] = check_shape(name, request.get(name) or {}, dict)
    return {key: check_shape(name, value, dict) for key, value in attributes.items()}


def _check_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    if len(attributes) > _MOST_ATTRIBUTES:
        raise invalid(f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10].")
    for name, attribute in attributes.items():
        _check_attribute(name, attribute)


def _check_attribute(name: str, attribute: Mapping[str, Any]) -> None:
    if _ATTRIBUTE_NAME.fullmatch(name) is None:
        raise invalid(f"The message attribute name '{name}' is invalid.")
    kind = _ATTRIBUTE_TYPE.fullmatch(str(attribute.get("DataType")))
    if kind is None:
        types = "You must use only the following supported type prefixes: Binary, Number, String."
        raise invalid(f"The type of message attribute '{name}' is invalid. {types}")
    value = attribute.get("BinaryValue" if kind[1] == "Binary" else "StringValue")
    if not value or not isinstance(value, str):
        what = f"The message attribute '{name}' must contain a non-empty value for message attribute type '{kind[1]}'."
        raise invalid(what)
    _check_value(name, kind[1], value)


def _check_value(name: str, kind: str, value: str) -> None:
    try:
        if kind == "Binary":
            base64.b64decode(value, validate=True)
        elif kind == "Number":
            float(value)
        elif _NOT_ALLOWED.search(value):
            raise QueueRefusal("InvalidMessageContents", f"Invalid characters found in the message attribute '{name}'.")
    except (ValueError, binascii.Error):
        raise invalid(f"Can't cast the value of message (user) attribute '{name}' to a {kind.lower()}.") from None


def _check_id(name: str, value: Any) -> None:
    if value is not None and (not isinstance(value, str) or _ID.fullmatch(value) is None):
        reason = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_parameter(name, value, reason)


def _read_trace(attributes: Mapping[str, Mapping[str, Any]]) -> str | None:
    for name, attribute in attributes.items():
        if name != "AWSTraceHeader" or attribute.get("DataType") != "String" or not attribute.get("StringValue"):
            raise invalid(f"Message system attribute name '{name}' is invalid.")
    return attributes["AWSTraceHeader"]["StringValue"] if attributes else None


def _read_delay(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value <= _LONGEST_DELAY:
        raise invalid_parameter("DelaySeconds", value, "DelaySeconds must be >= 0 and <= 900.")
    return value


def send(connection: sqlite3.Connection, now: int, queue: Queue, draft: Draft) -> dict[str, str]:
    """Put a message into a queue, and return what SQS answers; a duplicate is not put there a second time."""
    _check_fit(queue, draft)
    message_id, sequence = _insert(connection, now, queue, draft)
    answer = {"MessageId": message_id, "MD5OfMessageBody": digest_body(draft.body)}
    if draft.attributes:
        answer["MD5OfMessageAttributes"] = digest_attributes(draft.attributes)
    if draft.trace is not None:
        trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": draft.trace}}
        answer["MD5OfMessageSystemAttributes"] = digest_attributes(trace)
    if queue.settings.is_fifo:
        answer["SequenceNumber"] = sequence_number(sequence)
    return answer


def sequence_number(sequence: int) -> str:
    """Return a message's place among those of FIFO queues, in twenty digits."""
    return str(_FIRST_SEQUENCE + sequence)


def _check_fit(queue: Queue, draft: Draft) -> None:
    settings = queue.settings
    if draft.size > settings.size_limit:
        raise invalid(
            f"One or more parameters are invalid. Reason: Message must be shorter than {settings.size_limit} bytes."
        )
    if not settings.is_fifo:
        if draft.deduplication_id is not None:
            reason = "The request includes a parameter that is not valid for this queue type."
            raise invalid_parameter("MessageDeduplicationId", draft.deduplication_id, reason)
        return
    if draft.group_id is None:
        raise missing("MessageGroupId")
    if draft.deduplication_id is None and not settings.deduplicates_content:
        what = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
        raise invalid(f"{what} explicitly")
    if draft.delay:
        reason = "The request include parameter that is not valid for this queue type."
        raise invalid_parameter("DelaySeconds", draft.delay, reason)


def _insert(connection: sqlite3.Connection, now: int, queue: Queue, draft: Draft) -> tuple[str, int]:
    if not queue.settings.is_fifo:
        return _store(connection, now, queue, draft)
    scope = (draft.group_id or "") if queue.settings.deduplicates_by_group else ""
    token = draft.deduplication_id or sha256(draft.body.encode()).hexdigest()
    connection.execute("DELETE FROM duplicates WHERE until <= ?", (now,))
    found = connection.execute(
        "SELECT message_id, sequence FROM duplicates WHERE queue = ? AND scope = ? AND deduplication_id = ?",
        (queue.id, scope, token),
    ).fetchone()
    if found:
        return found
    message_id, sequence = _store(connection, now, queue, draft._replace(deduplication_id=token))
    row = (queue.id, scope, token, message_id, sequence, now + _DEDUPLICATION_MS)
    connection.execute("INSERT INTO duplicates VALUES (?, ?, ?, ?, ?, ?)", row)
    return message_id, sequence


def _store(connection: sqlite3.Connection, now: int, queue: Queue, draft: Draft) -> tuple[str, int]:
    delay = queue.settings.delay if draft.delay is None or queue.settings.is_fifo else draft.delay
    message_id = str(uuid.uuid4())
    attributes = json.dumps(dict(draft.attributes)) if draft.attributes else None
    row = (queue.id, message_id, draft.body, attributes, draft.trace, draft.group_id, draft.deduplication_id, now)
    inserted = connection.execute(_INSERT, (*row, now + delay * 1000))
    return message_id, inserted.lastrowid or 0
