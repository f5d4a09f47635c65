"""One thread, one transaction for all that waits, and each job whole or not at all."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from lambdakit.emulator.queues import Store


def add(handle: str) -> Callable[[sqlite3.Connection, int], None]:
    def job(connection: sqlite3.Connection, now: int) -> None:
        row = (handle, "a", None, None, "RUNNING", 0, 0, now, None)
        connection.execute("INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    return job


def handles(connection: sqlite3.Connection, _: int) -> list[str]:
    return [row[0] for row in connection.execute("SELECT handle FROM moves ORDER BY handle")]


def test_a_job_that_raises_leaves_nothing_and_hurts_no_other(tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection, now: int) -> None:
        add("bad")(connection, now)
        raise ValueError("no")

    async def run() -> list[str]:
        async with Store(tmp_path / "queues.sqlite") as store:
            jobs = [store.run(add("1")), store.run(fail), store.run(add("2"))]
            results = await asyncio.gather(*jobs, return_exceptions=True)
            assert [type(result) for result in results] == [type(None), ValueError, type(None)]
            return await store.run(handles)

    assert asyncio.run(run()) == ["1", "2"]


def test_a_mistake_of_the_file_reaches_whoever_asked(tmp_path: Path) -> None:
    async def run() -> list[str]:
        async with Store(tmp_path / "queues.sqlite") as store:
            await store.run(add("1"))
            with pytest.raises(sqlite3.IntegrityError):
                await store.run(add("1"))
            return await store.run(handles)

    assert asyncio.run(run()) == ["1"]


def test_what_waits_when_a_store_closes_is_still_done(tmp_path: Path) -> None:
    async def run() -> list[str]:
        store = Store(tmp_path / "queues.sqlite", outlives="power")
        async with store:
            jobs = [asyncio.ensure_future(store.run(add(f"{number:03}"))) for number in range(300)]
            await asyncio.sleep(0)
        await asyncio.gather(*jobs)
        async with Store(tmp_path / "queues.sqlite") as again:
            return await again.run(handles)

    assert asyncio.run(run()) == [f"{number:03}" for number in range(300)]


def test_a_job_that_nobody_waits_for_any_more_is_not_done(tmp_path: Path) -> None:
    async def run() -> list[str]:
        async with Store(tmp_path / "queues.sqlite") as store:
            holding = asyncio.ensure_future(store.run(lambda _, __: asyncio.run(asyncio.sleep(0.2))))
            leaving = asyncio.ensure_future(store.run(add("1")))
            await asyncio.sleep(0)
            leaving.cancel()
            await holding
            return await store.run(handles)

    assert asyncio.run(run()) == []
