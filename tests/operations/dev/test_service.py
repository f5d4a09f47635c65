"""Functions behind front doors while their code changes, in real environments."""

import asyncio
import importlib.util
import textwrap
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from lambdakit.emulator import FunctionConfiguration
from lambdakit.operations.dev import Front, FrontDoors, Service, choose_ports, watch
from tests.emulator.debugger import attach
from tests.operations.dev.listeners import Kept

GOOD = "def handler(event, context): return {'statusCode': 200, 'body': %r}"


class Served:
    def __init__(self, folder: Path, service: Service, kept: Kept, client: httpx2.AsyncClient) -> None:
        self._folder = folder
        self.service = service
        self.kept = kept
        self.client = client

    def save(self, source: str) -> None:
        (self._folder / "app.py").write_text(textwrap.dedent(source))

    async def get(self, path: str = "/") -> str:
        [running] = self.service.running
        return (await self.client.get(running.address.rstrip("/") + path)).text


@asynccontextmanager
async def serve(
    folder: Path, source: str, *, takes_turns: bool = False, debug_port: int | None = None
) -> AsyncGenerator[Served]:
    kept = Kept()
    (folder / "app.py").write_text(textwrap.dedent(source))

    def configure() -> Mapping[str, FunctionConfiguration]:
        configuration = FunctionConfiguration(
            handler="app.handler", task_root=folder, name="api", timeout=30, debug_port=debug_port
        )
        return {"api": configuration}

    doors = FrontDoors({"api": Front(via="function-url", streams=False, port=0)})
    service = Service(configure, [doors], kept, takes_turns=takes_turns)
    async with service, httpx2.AsyncClient(timeout=30) as client:
        yield Served(folder, service, kept, client)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(bounded())


def test_a_reload_lets_the_new_code_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with serve(tmp_path, GOOD % "old") as served:
            assert await served.get() == "old"
            served.save(GOOD % "new")
            await served.service.reload()
            assert await served.get("/items?a=1") == "new"
        [(_, first), (name, last)] = served.kept.visits
        assert (name, last.method, last.path, last.status) == ("api", "GET", "/items?a=1", 200)
        assert first.outcome is not None
        assert not first.outcome.report.is_cold

    run(work)


def test_code_that_does_not_start_leaves_the_code_of_before_at_work(tmp_path: Path) -> None:
    async def work() -> None:
        async with serve(tmp_path, GOOD % "old") as served:
            served.save("def handler(event, context:")
            await served.service.reload()
            assert await served.get() == "old"
            assert served.kept.refusals == [("api", "Runtime.UserCodeSyntaxError", True)]
            served.save(GOOD % "mended")
            await served.service.reload()
            assert await served.get() == "mended"

    run(work)


def test_requests_at_a_time_never_meet_code_that_does_not_start(tmp_path: Path) -> None:
    async def work() -> None:
        async with serve(tmp_path, GOOD % "old") as served:
            served.save("raise ValueError('at import')")
            await served.service.reload()
            answers = await asyncio.gather(*(served.get() for _ in range(8)))
        assert answers == ["old"] * 8

    run(work)


def test_each_request_can_have_another_environment(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context): return {'statusCode': 200, 'body': str(os.getpid())}"

    async def work() -> None:
        async with serve(tmp_path, source, takes_turns=True) as served:
            answers = [await served.get() for _ in range(6)]
        assert all(one != other for one, other in pairwise(answers))

    run(work)


def test_a_function_that_does_not_start_answers_with_its_error_until_it_is_mended(tmp_path: Path) -> None:
    async def work() -> None:
        async with serve(tmp_path, "raise ValueError('at import')") as served:
            assert served.kept.refusals == [("api", "ValueError", False)]
            assert await served.get() == "Internal Server Error"
            served.save(GOOD % "mended")
            await served.service.reload()
            assert await served.get() == "mended"

    run(work)


def test_no_request_fails_while_the_code_is_replaced_again_and_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with serve(tmp_path, GOOD % "0") as served:
            is_over = asyncio.Event()

            async def ask() -> list[str]:
                answers: list[str] = []
                while not is_over.is_set():
                    answers.append(await served.get())
                return answers

            asking = [asyncio.create_task(ask()) for _ in range(2)]
            for number in range(1, 51):
                served.save(GOOD % str(number))
                await served.service.reload()
            is_over.set()
            answers = [answer for answers in await asyncio.gather(*asking) for answer in answers]
            assert set(answers) <= {str(number) for number in range(51)}
            assert all(visit.status == 200 for _, visit in served.kept.visits)
            assert await served.get() == "50"

    run(work)


def test_a_running_request_ends_with_the_code_it_began_with(tmp_path: Path) -> None:
    source = """
        import time
        from pathlib import Path
        def handler(event, context):
            print("came")
            while not Path("go").exists():
                time.sleep(0.01)
            return {"statusCode": 200, "body": "old"}
    """

    async def work() -> None:
        async with serve(tmp_path, source) as served:
            asking = asyncio.create_task(served.get())
            while not any(record.message == "came" for record in served.kept.records):  # noqa: ASYNC110 (a list that grows)
                await asyncio.sleep(0.01)
            served.save(GOOD % "new")
            await served.service.reload()
            assert await served.get() == "new"
            (tmp_path / "go").touch()
            assert await asking == "old"

    run(work)


def test_the_next_request_can_be_made_cold(tmp_path: Path) -> None:
    async def work() -> None:
        async with serve(tmp_path, GOOD % "") as served:
            await served.get()
            await served.service.cool_down()
            await served.get()
        assert [visit.outcome.report.is_cold for _, visit in served.kept.visits if visit.outcome] == [False, True]

    run(work)


@pytest.mark.skipif(importlib.util.find_spec("debugpy") is None, reason="debugpy is not installed")
def test_a_debugger_sees_requests_one_after_the_other_and_new_code_after_a_save(
    tmp_path: Path, free_tcp_port: int
) -> None:
    async def work() -> None:
        async with serve(tmp_path, GOOD % "old", debug_port=free_tcp_port) as served:
            asking = [asyncio.create_task(served.get()) for _ in range(3)]
            first = await attach(free_tcp_port)
            assert await asyncio.gather(*asking) == ["old"] * 3
            served.save(GOOD % "new")
            await served.service.reload()
            again = asyncio.create_task(served.get())
            second = await attach(free_tcp_port)
            assert await again == "new"
            for debugger in (first, second):
                debugger.close()

    run(work)


def test_a_saved_file_is_noticed_and_what_programs_write_is_not(tmp_path: Path) -> None:
    (tmp_path / ".toolkit").mkdir()

    async def work() -> None:
        changes = watch(tmp_path)
        coming = asyncio.ensure_future(anext(changes))
        while not coming.done():
            (tmp_path / ".toolkit" / "log").write_text("x")
            for name in ("dev.log", "shop.sqlite", "shop.db-journal"):
                (tmp_path / name).write_text("x")
            (tmp_path / "app.py").write_text("x")
            await asyncio.wait({coming}, timeout=0.5)
        assert coming.result() == {tmp_path / "app.py"}
        await changes.aclose()

    run(work)


def test_a_function_keeps_its_port(tmp_path: Path) -> None:
    names = [f"function-{number}" for number in range(500)]
    ports = choose_ports(tmp_path, names)
    assert choose_ports(tmp_path, names) == ports
    assert choose_ports(tmp_path, names[:1]) == {names[0]: ports[names[0]]}
    assert len(set(ports.values())) == len(names)
    assert all(20_000 <= port < 30_000 for port in ports.values())
    assert choose_ports(tmp_path, names[:2], first=8000) == {names[0]: 8000, names[1]: 8001}
