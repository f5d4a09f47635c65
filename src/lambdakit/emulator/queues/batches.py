"""Requests of up to ten entries, each of which succeeds or fails by itself.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from lambdakit.emulator.queues.actions import Request
from lambdakit.emulator.queues.catalog import Queue
from lambdakit.emulator.queues.handles import change_visibility, delete
from lambdakit.emulator.queues.refusals import check_shape, old_code
from lambdakit.emulator.queues.sending import Draft, read_draft, send
from lambdakit.errors import QueueRefusal

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MOST = 10
_LARGEST = 1_048_576

Entry = Mapping[str, Any]
_Work = Callable[[sqlite3.Connection, int, Queue, Entry], Mapping[str, Any] | None]


def _read_entries(request: Request) -> list[Entry]:
    given: list[Any] = check_shape("Entries", request.values.get("Entries") or [], list)
    entries: list[Entry] = [check_shape("Entries", entry, dict) for entry in given]
    if not entries:
        raise QueueRefusal("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > _MOST:
        what = f"Maximum number of entries per request are {_MOST}. You have sent {len(entries)}."
        raise QueueRefusal("TooManyEntriesInBatchRequest", what)
    ids = [str(entry.get("Id")) for entry in entries]
    if not all(_ID.fullmatch(each) for each in ids):
        what = "A batch entry id can only contain 1 to 80 alphanumeric characters, hyphens and underscores."
        raise QueueRefusal("InvalidBatchEntryId", what)
    if repeated := next((each for each in ids if ids.count(each) > 1), None):
        raise QueueRefusal("BatchEntryIdsNotDistinct", f"Id {repeated} repeated.")
    return entries


async def _do_each(request: Request, entries: list[Entry], work: _Work) -> dict[str, Any]:
    def job(connection: sqlite3.Connection, now: int, queue: Queue) -> dict[str, Any]:
        answer: dict[str, list[Any]] = {"Successful": [], "Failed": []}
        for entry in entries:
            try:
                done = work(connection, now, queue, entry)
            except QueueRefusal as refusal:
                answer["Failed"].append(_describe(entry, refusal))
            else:
                answer["Successful"].append({"Id": entry["Id"], **(done or {})})
        return answer

    return await request.queues.work_on(request.queue, job)


def _describe(entry: Entry, refusal: QueueRefusal) -> dict[str, Any]:
    return {"Id": entry["Id"], "SenderFault": True, "Code": old_code(refusal.code), "Message": refusal.what}


async def send_message_batch(request: Request) -> dict[str, Any]:
    """Send messages, in their order; together they may be as large as one."""
    entries = _read_entries(request)
    drafts = {str(entry["Id"]): _try_to_read(entry) for entry in entries}
    if (size := sum(draft.size for draft in drafts.values() if isinstance(draft, Draft))) > _LARGEST:
        what = f"Batch requests cannot be longer than {_LARGEST} bytes. You have sent {size} bytes."
        raise QueueRefusal("BatchRequestTooLong", what)

    def work(connection: sqlite3.Connection, now: int, queue: Queue, entry: Entry) -> Mapping[str, Any]:
        draft = drafts[entry["Id"]]
        if isinstance(draft, QueueRefusal):
            raise draft
        return send(connection, now, queue, draft)

    answer = await _do_each(request, entries, work)
    if answer["Successful"]:
        request.queues.tell_of_idle(request.queue)
    return answer


def _try_to_read(entry: Entry) -> Draft | QueueRefusal:
    try:
        return read_draft(entry)
    except QueueRefusal as refusal:
        return refusal


async def delete_message_batch(request: Request) -> dict[str, Any]:
    """Delete messages."""
    return await _do_each(
        request,
        _read_entries(request),
        lambda connection, now, queue, entry: delete(connection, now, queue, entry.get("ReceiptHandle")),
    )


async def change_message_visibility_batch(request: Request) -> dict[str, Any]:
    """Let others have messages after some seconds."""

    def work(connection: sqlite3.Connection, now: int, queue: Queue, entry: Entry) -> None:
        change_visibility(connection, now, queue, entry.get("ReceiptHandle"), entry.get("VisibilityTimeout"))

    return await _do_each(request, _read_entries(request), work)
