import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator import Account, Answer, LocalFunction, Outcome
from lambdakit.errors import EnvironmentFault, Throttled
from tests.emulator.functions import ANY, children, configure, has_ended

ROOT = Path(__file__).parents[2]
WHERE = """
    import os, pathlib, time
    def handler(event, context):
        print("process", os.getpid())
        while event and not pathlib.Path(event).exists():
            time.sleep(0.01)
        return os.getpid()
"""


class Gathering:
    """Invocations that wait for each other; `event` holds one until `go`."""

    def __init__(self, folder: Path) -> None:
        self.processes: list[int] = []
        self._go = folder / "task" / "go"
        self.event = json.dumps(str(self._go)).encode()
        self._came = asyncio.Semaphore(0)

    def take(self, record: str) -> None:
        if record.startswith("process"):
            self.processes.append(int(record.split()[1]))
            self._came.release()

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(60):
            for _ in range(count):
                await self._came.acquire()

    def go(self) -> None:
        self._go.touch()


def results(outcomes: list[Outcome]) -> list[Any]:
    assert [outcome.error_type for outcome in outcomes if outcome.failed] == []
    return [json.loads(outcome.payload) for outcome in outcomes]


class Caller:
    """Gets the answer as soon as it is posted."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        pass

    async def receive(self, chunk: bytes) -> None:
        pass

    def end(self, error: Answer | None) -> None:
        self.answered.set()


@pytest.mark.parametrize("reserved", [None, 1])
@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_a_caller_that_asks_again_when_it_is_answered_meets_the_same_environment(
    tmp_path: Path, runtime: str, reserved: int | None
) -> None:
    async def call() -> int:
        configuration = configure(tmp_path, WHERE, runtime=runtime, reserved_concurrency=reserved)
        async with LocalFunction(configuration, log=lambda _: None) as function:
            tasks: list[asyncio.Task[Outcome]] = []
            for _ in range(20):
                caller = Caller()
                tasks.append(asyncio.create_task(function.invoke(b"null", receiver=caller)))
                await caller.answered.wait()
            await asyncio.gather(*tasks)
            return function.environments

    assert asyncio.run(asyncio.wait_for(call(), 60)) == 1


def test_each_invocation_at_a_time_has_an_environment_of_its_own(tmp_path: Path) -> None:
    async def call() -> tuple[list[Any], list[Any], int]:
        gathering = Gathering(tmp_path)
        async with LocalFunction(configure(tmp_path, WHERE, timeout=60), log=gathering.take) as function:
            tasks = [asyncio.create_task(function.invoke(gathering.event)) for _ in range(3)]
            await gathering.wait(3)
            gathering.go()
            at_once = results(await asyncio.gather(*tasks))
            one_by_one = results([await function.invoke(ANY) for _ in range(5)])
            return at_once, one_by_one, function.environments

    before = children()
    at_once, one_by_one, environments = asyncio.run(call())
    assert len(set(at_once)) == 3
    assert len(set(one_by_one)) == 1, "the environment that was used last is used again"
    assert set(one_by_one) < set(at_once)
    assert environments == 3
    assert children() == before


def test_more_than_the_reserved_concurrency_is_throttled(tmp_path: Path) -> None:
    async def call() -> Throttled:
        gathering = Gathering(tmp_path)
        configuration = configure(tmp_path, WHERE, timeout=60, reserved_concurrency=1)
        async with LocalFunction(configuration, log=gathering.take) as function:
            task = asyncio.create_task(function.invoke(gathering.event))
            await gathering.wait(1)
            with pytest.raises(Throttled) as raised:
                await function.invoke(ANY)
            gathering.go()
            results([await task, await function.invoke(ANY)])
            return raised.value

    error = asyncio.run(call())
    assert (error.status, error.error_type) == (429, "TooManyRequestsException")
    assert error.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_a_function_that_has_reserved_nothing_at_all_is_always_throttled(tmp_path: Path) -> None:
    async def call() -> None:
        async with LocalFunction(configure(tmp_path, WHERE, reserved_concurrency=0), log=print) as function:
            await function.invoke(ANY)

    with pytest.raises(Throttled, match="0 are reserved"):
        asyncio.run(call())


def test_functions_of_an_account_share_what_none_has_reserved(tmp_path: Path) -> None:
    account = Account(concurrency=2)
    reserving = configure(tmp_path, WHERE, timeout=60, reserved_concurrency=1, name="reserving")
    plain = configure(tmp_path, WHERE, timeout=60)

    async def call() -> Throttled:
        gathering = Gathering(tmp_path)
        async with (
            LocalFunction(reserving, log=gathering.take, account=account) as one,
            LocalFunction(plain, log=gathering.take, account=account) as other,
        ):
            task = asyncio.create_task(other.invoke(gathering.event))
            await gathering.wait(1)
            with pytest.raises(Throttled) as raised:
                await other.invoke(ANY)
            results([await one.invoke(ANY)])
            gathering.go()
            results([await task, await other.invoke(ANY)])
            return raised.value

    assert asyncio.run(call()).reason == "ConcurrentInvocationLimitExceeded"
    assert (account.running, account.reserved) == (0, 0)


def test_an_idle_environment_ends_after_a_while(tmp_path: Path) -> None:
    log: list[str] = []

    async def call() -> int:
        configuration = configure(tmp_path, WHERE)
        async with LocalFunction(configuration, log=log.append, idle_seconds=0.05) as function:
            await function.invoke(ANY)
            process = next(int(line.split()[1]) for line in log if line.startswith("process"))
            assert await asyncio.to_thread(has_ended, process)
            return function.environments

    assert asyncio.run(call()) == 0


def test_retired_environments_make_the_next_invocation_cold(tmp_path: Path) -> None:
    async def call() -> list[Outcome]:
        async with LocalFunction(configure(tmp_path, WHERE), log=print) as function:
            warm = [await function.invoke(ANY) for _ in range(2)]
            await function.retire()
            return [*warm, await function.invoke(ANY)]

    outcomes = asyncio.run(call())
    assert [outcome.report.is_cold for outcome in outcomes] == [True, False, True]
    assert [outcome.report.init_duration_ms is None for outcome in outcomes] == [False, True, False]


def test_a_managed_instance_is_filled_before_another_starts(tmp_path: Path) -> None:
    async def call() -> int:
        gathering = Gathering(tmp_path)
        configuration = configure(tmp_path, WHERE, timeout=60, max_concurrency=2)
        async with LocalFunction(configuration, log=gathering.take) as function:
            tasks = [asyncio.create_task(function.invoke(gathering.event)) for _ in range(3)]
            await gathering.wait(3)
            gathering.go()
            results(await asyncio.gather(*tasks))
            return function.environments

    assert asyncio.run(call()) == 2


def test_invocations_can_take_turns_with_the_environments(tmp_path: Path) -> None:
    async def call() -> list[Any]:
        async with LocalFunction(configure(tmp_path, WHERE), log=print, takes_turns=True) as function:
            return results([await function.invoke(ANY) for _ in range(6)])

    first, second, *others = asyncio.run(call())
    assert first != second
    assert others == [first, second] * 2


def test_a_held_function_lets_invocations_wait_for_the_environments_it_has(tmp_path: Path) -> None:
    async def call() -> tuple[list[Any], int]:
        gathering = Gathering(tmp_path)
        async with LocalFunction(configure(tmp_path, WHERE, timeout=60), log=gathering.take) as function:
            running = asyncio.create_task(function.invoke(gathering.event))
            await gathering.wait(1)
            function.hold()
            waiting = [asyncio.create_task(function.invoke(ANY)) for _ in range(3)]
            await asyncio.wait(waiting, timeout=0.2)
            assert not any(task.done() for task in waiting)
            gathering.go()
            return results(await asyncio.gather(running, *waiting)), function.environments

    answers, environments = asyncio.run(call())
    assert (len(set(answers)), environments) == (1, 1)


def test_closing_a_held_function_fails_what_waits(tmp_path: Path) -> None:
    async def call() -> Sequence[Outcome | BaseException]:
        gathering = Gathering(tmp_path)
        async with LocalFunction(configure(tmp_path, WHERE, timeout=60), log=gathering.take) as function:
            running = asyncio.create_task(function.invoke(gathering.event))
            await gathering.wait(1)
            function.hold()
            waiting = asyncio.create_task(function.invoke(ANY))
            await asyncio.sleep(0)
        return await asyncio.gather(running, waiting, return_exceptions=True)

    before = children()
    _, waited = asyncio.run(call())
    assert isinstance(waited, EnvironmentFault)
    assert children() == before


def test_closing_ends_invocations_that_run_and_those_that_start(tmp_path: Path) -> None:
    async def call() -> Sequence[Outcome | BaseException]:
        gathering = Gathering(tmp_path)
        async with LocalFunction(configure(tmp_path, WHERE, timeout=60), log=gathering.take) as function:
            first = asyncio.create_task(function.invoke(gathering.event))
            await gathering.wait(1)
            second = asyncio.create_task(function.invoke(gathering.event))
            await asyncio.sleep(0)
        running, starting = await asyncio.wait_for(asyncio.gather(first, second, return_exceptions=True), timeout=20)
        return [running, starting]

    before = children()
    running, starting = asyncio.run(call())
    assert isinstance(running, Outcome)
    assert running.error_type == "Runtime.ExitError"
    assert isinstance(starting, EnvironmentFault) or (isinstance(starting, Outcome) and starting.failed)
    assert children() == before


def test_a_closed_function_cannot_be_invoked(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="the function is closed"):
        asyncio.run(LocalFunction(configure(tmp_path, WHERE), log=print).invoke(ANY))


def test_records_of_environments_side_by_side_keep_apart(tmp_path: Path) -> None:
    async def call() -> dict[str, int]:
        gathering = Gathering(tmp_path)
        kept: dict[str, set[str]] = {}
        configuration = configure(tmp_path, WHERE, timeout=60)

        def keep(record: Any) -> None:
            if record.message.startswith("process"):
                kept.setdefault(record.stream, set()).add(record.request_id)

        async with LocalFunction(configuration, log=gathering.take, keep=keep) as function:
            tasks = [asyncio.create_task(function.invoke(gathering.event)) for _ in range(3)]
            await gathering.wait(3)
            gathering.go()
            outcomes = await asyncio.gather(*tasks)
        assert set().union(*kept.values()) == {outcome.report.request_id for outcome in outcomes}
        return {stream: len(requests) for stream, requests in kept.items()}

    streams = asyncio.run(call())
    assert list(streams.values()) == [1, 1, 1]


EMULATOR = """
import asyncio, sys
from pathlib import Path
from lambdakit.emulator import FunctionConfiguration, LocalFunction
async def main():
    configuration = FunctionConfiguration(handler="app.handler", task_root=Path(sys.argv[1]))
    async with LocalFunction(configuration, log=lambda line: print(line, flush=True)) as function:
        await asyncio.gather(*(function.invoke(b"0") for _ in range(4)))
        print("all frozen", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


def test_no_environment_outlives_an_emulator_that_is_killed(tmp_path: Path) -> None:
    root = configure(tmp_path, WHERE).task_root
    command = [sys.executable, "-c", EMULATOR, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as emulator:
        assert emulator.stdout is not None
        processes: list[int] = []
        for line in emulator.stdout:
            if line.startswith("process"):
                processes.append(int(line.split()[1]))
            if line.startswith("all frozen"):
                break
        os.kill(emulator.pid, signal.SIGKILL)
    assert len(processes) == 4
    assert all(map(has_ended, processes))


ENDING = """
    from lambdakit.coldstart import on_shutdown
    on_shutdown(lambda: print("shut down", flush=True))
    handler = lambda event, context: event
"""


def test_a_function_with_an_extension_hears_of_its_end_although_it_is_frozen(tmp_path: Path) -> None:
    log: list[str] = []

    async def call() -> None:
        configuration = configure(tmp_path, ENDING, runtime="lambdakit")
        async with LocalFunction(configuration, log=log.append) as function:
            results([await function.invoke(ANY)])
            assert "shut down" not in log

    asyncio.run(call())
    assert log[-1] == "shut down"
