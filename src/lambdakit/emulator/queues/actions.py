"""What SQS's API can be asked for.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lambdakit.emulator.queues.attributes import ACCOUNT, NAMES
from lambdakit.emulator.queues.digests import digest_attributes
from lambdakit.emulator.queues.handles import change_visibility
from lambdakit.emulator.queues.queues import Queues
from lambdakit.emulator.queues.receiving import Message
from lambdakit.emulator.queues.refusals import check_shape, invalid_parameter, missing, no_queue
from lambdakit.emulator.queues.sending import read_draft
from lambdakit.errors import QueueRefusal

_MOST_LISTED = 1000
_COUNTED = frozenset(
    {
        "All",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    }
)


class Request(NamedTuple):
    """What a client asks for; `address` is what the broker's URLs begin with."""

    queues: Queues
    values: Mapping[str, Any]
    address: str

    @property
    def queue(self) -> str:
        """The name of the queue whose URL the request has."""
        url = self.text("QueueUrl")
        parts = urlsplit(url).path.strip("/").split("/")
        if len(parts) != 2:  # noqa: PLR2004 (an account and a name)
            raise QueueRefusal("InvalidAddress", f"The address {url} is not valid for this endpoint.")
        if parts[0] != ACCOUNT:
            raise no_queue()
        return parts[1]

    def url(self, name: str) -> str:
        """Return a queue's URL."""
        return f"{self.address}/{ACCOUNT}/{name}"

    def text(self, name: str) -> str:
        """Return a text that has to be there."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise missing(name)
        return value

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Return a number within its bounds, or None where it is not given."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or not least <= value <= most:
            raise invalid_parameter(name, value, f"Must be between {least} and {most}, if provided.")
        return value

    def map(self, name: str) -> dict[str, str]:
        """Return a map of texts, empty where none is given."""
        value: dict[str, Any] = check_shape(name, self.values.get(name) or {}, dict)
        if not all(isinstance(each, str) for each in value.values()):
            raise invalid_parameter(name, json.dumps(value), "Must be a map of strings.")
        return value

    def names(self, *names: str) -> list[str]:
        """Return what lists of names ask for, in all."""
        lists: list[list[str]] = [check_shape(name, self.values.get(name) or [], list) for name in names]
        return [each for wanted in lists for each in wanted]


Action = Callable[[Request], Awaitable[dict[str, Any]]]


async def create_queue(request: Request) -> dict[str, Any]:
    """Make a queue."""
    name, attributes, tags = request.text("QueueName"), request.map("Attributes"), request.map("tags")
    await request.queues.run(lambda connection, now, catalog: catalog.create(connection, now, name, attributes, tags))
    return {"QueueUrl": request.url(name)}


async def delete_queue(request: Request) -> dict[str, Any]:
    """Delete a queue with all its messages."""
    await request.queues.remove(request.queue)
    return {}


async def list_queues(request: Request) -> dict[str, Any]:
    """Name the queues."""
    prefix = request.values.get("QueueNamePrefix") or ""
    queues = await request.queues.run(lambda connection, _, catalog: catalog.search(connection, prefix))
    return _page(request, [queue.name for queue in queues], "QueueUrls")


async def list_dead_letter_sources(request: Request) -> dict[str, Any]:
    """Name the queues whose dead letters go to one."""
    name = request.queue
    queues = await request.queues.run(lambda connection, _, catalog: catalog.sources(connection, name))
    page = _page(request, [queue.name for queue in queues], "queueUrls")
    return {"queueUrls": [], **page}


def _page(request: Request, names: list[str], key: str) -> dict[str, Any]:
    count = request.whole("MaxResults", 1, _MOST_LISTED)
    after = request.values.get("NextToken") or ""
    rest = [name for name in names if name > after]
    shown = rest[: count or _MOST_LISTED]
    page: dict[str, Any] = {key: [request.url(name) for name in shown]} if shown else {}
    if count is not None and len(rest) > len(shown):
        page["NextToken"] = shown[-1]
    return page


async def get_queue_url(request: Request) -> dict[str, Any]:
    """Say where a queue is."""
    name = request.text("QueueName")
    if request.values.get("QueueOwnerAWSAccountId", ACCOUNT) != ACCOUNT:
        raise no_queue()
    await request.queues.run(lambda connection, _, catalog: catalog.find(connection, name))
    return {"QueueUrl": request.url(name)}


async def get_queue_attributes(request: Request) -> dict[str, Any]:
    """Show the attributes that are asked for."""
    name, wanted = request.queue, request.names("AttributeNames")
    for each in wanted:
        if each not in _COUNTED | NAMES:
            raise QueueRefusal("InvalidAttributeName", f"Unknown Attribute {each}.")
    found = await request.queues.run(lambda connection, now, catalog: catalog.describe(connection, now, name))
    kept = {key: value for key, value in found.items() if key in wanted or "All" in wanted}
    return {"Attributes": kept} if kept else {}


async def set_queue_attributes(request: Request) -> dict[str, Any]:
    """Change attributes."""
    name, attributes = request.queue, request.map("Attributes")
    await request.queues.run(lambda connection, now, catalog: catalog.change(connection, now, name, attributes))
    return {}


async def purge_queue(request: Request) -> dict[str, Any]:
    """Delete a queue's messages."""
    name = request.queue
    await request.queues.run(lambda connection, now, catalog: catalog.purge(connection, now, name))
    return {}


async def tag_queue(request: Request) -> dict[str, Any]:
    """Set tags."""
    name, tags = request.queue, request.map("Tags")
    await request.queues.run(lambda connection, _, catalog: catalog.tag(connection, name, tags))
    return {}


async def untag_queue(request: Request) -> dict[str, Any]:
    """Remove tags."""
    name, gone = request.queue, request.names("TagKeys")
    await request.queues.run(lambda connection, _, catalog: catalog.tag(connection, name, {}, gone))
    return {}


async def list_queue_tags(request: Request) -> dict[str, Any]:
    """Show a queue's tags."""
    name = request.queue
    queue = await request.queues.run(lambda connection, _, catalog: catalog.find(connection, name))
    tags = json.loads(queue.tags)
    return {"Tags": tags} if tags else {}


async def send_message(request: Request) -> dict[str, Any]:
    """Send a message."""
    return await request.queues.send(request.queue, read_draft(request.values))


async def receive_message(request: Request) -> dict[str, Any]:
    """Receive messages, waiting for the first as long as is asked for."""
    name = request.queue
    count = request.whole("MaxNumberOfMessages", 1, 10)
    visibility = request.whole("VisibilityTimeout", 0, 43_200)
    wait = request.whole("WaitTimeSeconds", 0, 20)
    messages = await request.queues.receive(name, count=count or 1, visibility=visibility, wait=wait)
    system = request.names("AttributeNames", "MessageSystemAttributeNames")
    own = request.names("MessageAttributeNames")
    return {"Messages": [_show(message, system, own) for message in messages]} if messages else {}


def _show(message: Message, system: list[str], own: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": message.body_digest,
        "Body": message.body,
    }
    if kept := {name: value for name, value in message.system.items() if name in system or "All" in system}:
        shown["Attributes"] = kept
    if attributes := _select(message.attributes, own):
        shown["MessageAttributes"] = attributes
        shown["MD5OfMessageAttributes"] = digest_attributes(attributes)
    return shown


def _select(attributes: dict[str, dict[str, Any]], names: list[str]) -> dict[str, dict[str, Any]]:
    """Return the attributes that a receiver names: in full, by their beginning with `.*`, or as `All`."""
    if "All" in names or ".*" in names:
        return attributes
    starts = tuple(name.removesuffix("*") for name in names if name.endswith(".*"))
    return {name: value for name, value in attributes.items() if name in names or (starts and name.startswith(starts))}


async def delete_message(request: Request) -> dict[str, Any]:
    """Delete a message that was received."""
    await request.queues.delete(request.queue, request.text("ReceiptHandle"))
    return {}


async def change_message_visibility(request: Request) -> dict[str, Any]:
    """Let others have a message after some seconds."""
    handle, seconds = request.text("ReceiptHandle"), request.values.get("VisibilityTimeout")
    await request.queues.work_on(
        request.queue, lambda connection, now, queue: change_visibility(connection, now, queue, handle, seconds)
    )
    return {}
