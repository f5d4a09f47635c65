import asyncio

import pytest

from lambdakit.emulator.runtime_api.throttle import Throttle
from tests.emulator.conversation import Clock

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("sizes", "seconds"),
    [([6], 0), ([1] * 6, 0), ([8], 1), ([6, 2, 2], 2), ([1] * 26, 10)],
)
def test_six_mebibytes_pass_at_once_and_two_a_second_afterwards(sizes: list[int], seconds: float) -> None:
    async def pass_all() -> float:
        clock = Clock()
        throttle = Throttle(clock=clock.read, sleep=clock.sleep)
        for size in sizes:
            await throttle.take(size * MEBIBYTE)
        return clock.now

    assert asyncio.run(pass_all()) == pytest.approx(seconds)


def test_a_pause_gives_room_for_no_more_than_the_first_burst() -> None:
    async def pass_all() -> float:
        clock = Clock()
        throttle = Throttle(clock=clock.read, sleep=clock.sleep)
        await throttle.take(6 * MEBIBYTE)
        clock.now += 100
        await throttle.take(8 * MEBIBYTE)
        return clock.now

    assert asyncio.run(pass_all()) == pytest.approx(101)
