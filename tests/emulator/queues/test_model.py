"""Whatever is sent, received, deleted and waited for: a queue does what a list that a person could keep would do."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit.emulator.queues import Draft, Message, Queues, Store

VISIBILITY, MOST_RECEIVES = 30, 3
GROUPS = ("a", "b", "c")

actions = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(GROUPS)),
        st.tuples(st.just("receive"), st.integers(1, 10)),
        st.tuples(st.just("delete"), st.integers(0, 20)),
        st.tuples(st.just("hide"), st.integers(0, 20), st.integers(0, 60)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=40,
)


@dataclass
class Kept:
    """A message on the list; `handle` is that of its last delivery."""

    body: str
    group: str
    visible_at: float
    handle: str = ""
    receives: int = 0


class Model:
    """A queue on a list, in the order in which it was sent to."""

    def __init__(self, *, is_fifo: bool) -> None:
        self._is_fifo = is_fifo
        self.now = 1_000_000.0
        self.kept: list[Kept] = []
        self.dead: list[str] = []

    def _is_due(self, message: Kept) -> bool:
        if message.visible_at > self.now:
            return False
        group = [each for each in self.kept if each.group == message.group]
        return not self._is_fifo or not any(each.handle and each.visible_at > self.now for each in group)

    def receive(self, count: int) -> list[Kept]:
        """Return what is due, once what was received too often is among the dead."""
        while True:
            due = [message for message in self.kept if self._is_due(message)]
            due.sort(key=lambda each: 0 if self._is_fifo else each.visible_at)
            spent = [message for message in due[:count] if message.receives >= MOST_RECEIVES]
            if not spent:
                return due[:count]
            self.dead += [message.body for message in spent]
            self.kept = [message for message in self.kept if message not in spent]

    def take(self, message: Kept, handle: str) -> None:
        message.handle, message.visible_at = handle, self.now + VISIBILITY
        message.receives += 1

    def is_in_flight(self, message: Kept) -> bool:
        return bool(message.handle) and message.visible_at > self.now


async def play(folder: Path, model: Model, steps: list[tuple[Any, ...]], *, is_fifo: bool) -> list[str]:
    """Do the same with a queue and with the list, compare what comes out, and return the dead letters."""
    name, dead = ("q.fifo", "dead.fifo") if is_fifo else ("q", "dead")
    fifo = {"FifoQueue": "true"} if is_fifo else {}
    async with Queues(Store(folder / "queues.sqlite", clock=lambda: model.now)) as queues:
        await queues.declare(dead, fifo)
        policy = f'{{"deadLetterTargetArn": "{queues.catalog.arn(dead)}", "maxReceiveCount": {MOST_RECEIVES}}}'
        await queues.declare(name, {**fifo, "VisibilityTimeout": str(VISIBILITY), "RedrivePolicy": policy})
        for number, (action, *how) in enumerate(steps):
            if action == "send":
                body = str(number)
                draft = Draft(body, {}, group_id=how[0], deduplication_id=body if is_fifo else None)
                await queues.send(name, draft)
                model.kept.append(Kept(body, how[0], model.now))
            elif action == "wait":
                model.now += how[0]
            elif action == "receive":
                compare(model, model.receive(how[0]), await queues.receive(name, count=how[0]))
            elif in_flight := [message for message in model.kept if model.is_in_flight(message)]:
                message: Kept = in_flight[int(how[0]) % len(in_flight)]
                if action == "delete":
                    await queues.delete(name, message.handle)
                    model.kept.remove(message)
                else:
                    await queues.change_visibility(name, message.handle, how[1])
                    message.visible_at = model.now + how[1]
        return [message.body for message in await queues.receive(dead, count=1000)]


def compare(model: Model, expected: list[Kept], found: list[Message]) -> None:
    assert [message.body for message in found] == [message.body for message in expected]
    for message, received in zip(expected, found, strict=True):
        model.take(message, received.handle)
        assert received.system["ApproximateReceiveCount"] == str(message.receives)


@given(steps=actions)
@settings(deadline=None, max_examples=60)
def test_a_standard_queue_does_what_a_list_would(steps: list[tuple[Any, ...]]) -> None:
    model = Model(is_fifo=False)
    with tempfile.TemporaryDirectory() as folder:
        letters = asyncio.run(asyncio.wait_for(play(Path(folder), model, steps, is_fifo=False), 60))
    assert sorted(letters) == sorted(model.dead)


@given(steps=actions)
@settings(deadline=None, max_examples=60)
def test_a_fifo_queue_does_what_a_list_would(steps: list[tuple[Any, ...]]) -> None:
    model = Model(is_fifo=True)
    with tempfile.TemporaryDirectory() as folder:
        letters = asyncio.run(asyncio.wait_for(play(Path(folder), model, steps, is_fifo=True), 60))
    assert sorted(letters) == sorted(model.dead)
