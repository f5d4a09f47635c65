import asyncio
from typing import NamedTuple

from lambdakit.emulator.runtime_api.delivery import Delivery


class Slot(NamedTuple):
    """A request for the next invocation that waits for one; `event` is cancelled when another takes its place."""

    connection: int
    event: asyncio.Future[Delivery]


class Slots:
    """What a runtime has room for: the requests that wait for an invocation, and the invocations that are not over.

    A runtime that takes one at a time has one slot, and Managed Instances give it as many as `limit`. The Runtime API
    does not say which slot a request for the next invocation belongs to. It is taken to end the answered invocation
    whose answer or event used the same connection; where no connection tells and all slots are taken, the one that
    was answered first.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.waiting: list[Slot] = []
        self.unended: list[Delivery] = []

    def find(self, request_id: str, invocation_id: str | None) -> Delivery | None:
        """Return the unanswered delivery that an answer with these ids is for."""
        meant = (each for each in self.unended if each.invocation.is_meant(request_id, invocation_id))
        return next((each for each in meant if not each.answered.done()), None)

    def lost(self) -> Delivery | None:
        """Return the invocation that a runtime with one slot asks for again."""
        alone = self.unended[0] if self.limit == 1 and self.unended else None
        return None if alone is None or alone.answered.done() else alone

    def ended_by(self, connection: int) -> Delivery | None:
        """Return the invocation that a request for the next one on this connection ends."""
        answered = [each for each in self.unended if each.answered.done() and not each.is_runtime_done]
        same = [each for each in answered if connection in each.connections]
        if same or self.has_room():
            return same[0] if same else None
        # What has timed out may still be at work.
        return min(answered, key=lambda each: each.is_abandoned, default=None)

    def has_room(self) -> bool:
        """Whether one more request may wait."""
        running = sum(not each.is_runtime_done for each in self.unended)
        return running + len(self.waiting) < self.limit

    def park(self, connection: int) -> Slot:
        """Let a request wait; a runtime with one slot gives up the one that waited before."""
        if self.limit == 1 and self.waiting:
            self.waiting.pop().event.cancel()
        slot = Slot(connection, asyncio.get_running_loop().create_future())
        self.waiting.append(slot)
        return slot

    def drop(self, slot: Slot) -> None:
        """Forget a request whose client is gone."""
        if slot in self.waiting:
            self.waiting.remove(slot)

    def fill(self, delivery: Delivery) -> None:
        """Give an invocation to the request that waits longest."""
        slot = self.waiting.pop(0)
        delivery.connections.add(slot.connection)
        self.unended.append(delivery)
        slot.event.set_result(delivery)
