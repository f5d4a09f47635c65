"""Receivers that wait for a message."""

import asyncio
from pathlib import Path

import pytest

from lambdakit.emulator.queues import Draft, Queues, Store


def test_a_receiver_that_is_cancelled_as_a_message_comes_takes_none(tmp_path: Path) -> None:
    async def run() -> None:
        async with Queues(Store(tmp_path / "queues.sqlite")) as queues:
            await queues.declare("orders", {})
            receiving = asyncio.create_task(queues.receive("orders", wait=20))
            while not queues.waiting:  # noqa: ASYNC110 (a count that another task changes)
                await asyncio.sleep(0)
            await queues.send("orders", Draft("tea", {}))
            receiving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await receiving
            [message] = await queues.receive("orders")
            assert message.system["ApproximateReceiveCount"] == "1"

    asyncio.run(asyncio.wait_for(run(), 30))
