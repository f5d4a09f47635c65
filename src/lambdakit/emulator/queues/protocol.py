"""SQS's API over HTTP: JSON in the body, the action in a header.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
and, for the header that names an error as clients call it,
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html.
"""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from lambdakit.emulator.queues import actions, batches, moves
from lambdakit.emulator.queues.queues import Queues
from lambdakit.emulator.queues.refusals import full_code, old_code
from lambdakit.errors import QueueRefusal

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

_PREFIX = "AmazonSQS."
_WAITS = b"AmazonSQS.ReceiveMessage"
_LARGEST = 16 * 1_048_576
"""Bytes of a request; a message of 1 MiB may take six times as many in JSON."""
_ACTIONS: dict[str, actions.Action] = {
    "CancelMessageMoveTask": moves.cancel_message_move_task,
    "ChangeMessageVisibility": actions.change_message_visibility,
    "ChangeMessageVisibilityBatch": batches.change_message_visibility_batch,
    "CreateQueue": actions.create_queue,
    "DeleteMessage": actions.delete_message,
    "DeleteMessageBatch": batches.delete_message_batch,
    "DeleteQueue": actions.delete_queue,
    "GetQueueAttributes": actions.get_queue_attributes,
    "GetQueueUrl": actions.get_queue_url,
    "ListDeadLetterSourceQueues": actions.list_dead_letter_sources,
    "ListMessageMoveTasks": moves.list_message_move_tasks,
    "ListQueueTags": actions.list_queue_tags,
    "ListQueues": actions.list_queues,
    "PurgeQueue": actions.purge_queue,
    "ReceiveMessage": actions.receive_message,
    "SendMessage": actions.send_message,
    "SendMessageBatch": batches.send_message_batch,
    "SetQueueAttributes": actions.set_queue_attributes,
    "StartMessageMoveTask": moves.start_message_move_task,
    "TagQueue": actions.tag_queue,
    "UntagQueue": actions.untag_queue,
}


class _Answer(NamedTuple):
    status: int
    body: dict[str, Any]
    error: str | None = None


class QueueApi:
    """An ASGI app that answers as SQS does, to any signature."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    async def __call__(self, scope: Any, receive: _Receive, send: _Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"])
        body = await _read(receive)
        if body is None:
            await _respond(send, _refuse(QueueRefusal("RequestEntityTooLarge", "The request is too large."), 413))
            return
        answering = self._answer(scope, headers, body)
        if headers.get(b"x-amz-target") != _WAITS:
            await _respond(send, await answering)
            return
        work = asyncio.ensure_future(answering)
        if await _finish(work, receive):
            await _respond(send, work.result())

    async def _answer(self, scope: Any, headers: dict[bytes, bytes], body: bytes) -> _Answer:
        target = headers.get(b"x-amz-target", b"").decode("latin-1")
        action = _ACTIONS.get(target.removeprefix(_PREFIX)) if target.startswith(_PREFIX) else None
        if action is None:
            return _refuse(_unknown(target))
        try:
            values = json.loads(body or b"{}")
        except ValueError:
            values = None
        if not isinstance(values, dict):
            return _refuse(QueueRefusal("SerializationException", "The body is no JSON object."))
        address = f"{scope['scheme']}://{headers[b'host'].decode('latin-1')}"
        try:
            return _Answer(200, await action(actions.Request(self._queues, values, address)))  # pyright: ignore[reportUnknownArgumentType] (whatever the client sent)
        except QueueRefusal as refusal:
            return _refuse(refusal)
        except sqlite3.Error as error:
            # A full disk, for example; clients try again what SQS itself has failed to do.
            said = {"__type": "com.amazonaws.sqs#InternalFailure", "message": f"the file of queues: {error}"}
            return _Answer(500, said, "InternalFailure;Receiver")


def _unknown(target: str) -> QueueRefusal:
    if target.startswith(_PREFIX):
        return QueueRefusal("UnsupportedOperation", f"{target.removeprefix(_PREFIX)} is not there locally.")
    what = "Only AWS's JSON protocol with a target AmazonSQS.* is answered here; boto3 1.28.60 and newer speak it."
    return QueueRefusal("UnknownOperationException", what)


def _refuse(refusal: QueueRefusal, status: int = 400) -> _Answer:
    body = {"__type": full_code(refusal.code), "message": refusal.what}
    return _Answer(status, body, f"{old_code(refusal.code)};Sender")


async def _read(receive: _Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _LARGEST:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _finish(work: "asyncio.Future[_Answer]", receive: _Receive) -> bool:
    """Wait for an answer, and return False if the client hangs up first: it must not take messages with it."""
    leaving = asyncio.ensure_future(_wait_for_hang_up(receive))
    try:
        await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return work.done()
    finally:
        leaving.cancel()
        work.cancel()


async def _wait_for_hang_up(receive: _Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _respond(send: _Send, answer: _Answer) -> None:
    body = json.dumps(answer.body).encode()
    headers = [
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"content-length", b"%d" % len(body)),
        (b"x-amzn-requestid", str(uuid.uuid4()).encode()),
    ]
    if answer.error is not None:
        headers.append((b"x-amzn-query-error", answer.error.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
