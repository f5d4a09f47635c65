import asyncio
from pathlib import Path
from typing import Any

import pytest

from lambdakit.emulator import Environment, FunctionConfiguration, LocalFunction, Outcome
from lambdakit.errors import Throttled
from tests.emulator.functions import ANY, configure

WAITING = """
    import os, pathlib, tempfile, time
    folder = pathlib.Path(tempfile.gettempdir())
    def handler(event, context):
        if event == "end":
            (folder / "end").touch()
        if event == "wait":
            (folder / "waits").touch()
        while event == "wait" and not (folder / "end").exists():
            time.sleep(0.01)
        if event == "wait":
            (folder / "done").touch()
        while event == "end" and not (folder / "done").exists():
            time.sleep(0.01)
        while event == "crash":
            # The invocation beside it has to be on its way.
            if (folder / "waits").exists():
                os.killpg(0, 9)
            time.sleep(0.01)
        return [event, os.getppid()]
"""


def call(configuration: FunctionConfiguration, *rounds: list[bytes]) -> list[list[Outcome]]:
    """Invoke a function in one environment, all of a round at the same time."""

    async def call_all() -> list[list[Outcome]]:
        async with Environment(configuration, log=print) as environment:
            return [await asyncio.gather(*map(environment.invoke, payloads)) for payloads in rounds]

    return asyncio.run(call_all())


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
@pytest.mark.parametrize("limit", [2, 4])
def test_a_managed_instance_takes_several_invocations_at_a_time(tmp_path: Path, limit: int, runtime: str) -> None:
    # Each waits for the others, so that they end only when all of them run at the same time.
    source = """
        import os, pathlib, tempfile, time
        def handler(event, context):
            folder = pathlib.Path(tempfile.gettempdir())
            (folder / f"came-{event}").touch()
            while len(list(folder.glob("came-*"))) < int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]):
                time.sleep(0.01)
            return [event, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
    """
    configuration = configure(tmp_path, source, max_concurrency=limit, timeout=60, runtime=runtime)

    async def call() -> list[bytes]:
        async with Environment(configuration, log=print) as environment:
            outcomes = await asyncio.gather(*(environment.invoke(b"%d" % number) for number in range(limit)))
            return [outcome.payload for outcome in outcomes]

    assert asyncio.run(call()) == [b'[%d, "lambda-managed-instances"]' % number for number in range(limit)]


@pytest.mark.parametrize("runtime", ["awslambdaric", "lambdakit"])
def test_a_time_out_fails_one_invocation_and_stops_no_code(tmp_path: Path, runtime: str) -> None:
    settings: dict[str, Any] = {"max_concurrency": 2, "timeout": 2, "runtime": runtime}
    # The second invocation of a pair sees that the code of the first has ended after its time-out.
    [[late], [end], again] = call(configure(tmp_path, WAITING, **settings), [b'"wait"'], [b'"end"'], [b"1", b"2"])
    assert (end.error_type, [each.error_type for each in again]) == (None, [None, None])
    assert late.error_type == "Sandbox.Timedout"
    if runtime == "awslambdaric":
        # The runtime of our own reports a time-out itself, just before the deadline.
        assert (late.report.status, late.report.duration_ms) == ("timeout", 2000)
    assert not any(each.report.is_cold for each in (end, *again))


def test_an_environment_whose_workers_are_all_busy_refuses(tmp_path: Path) -> None:
    configuration = configure(tmp_path, WAITING, max_concurrency=1, timeout=0.5)
    with pytest.raises(Throttled, match="no worker of the environment is free") as refusal:
        call(configuration, [b'"wait"'], [ANY])
    assert refusal.value.reason == "ConcurrentInvocationLimitExceeded"


def test_a_crash_of_the_whole_runtime_fails_all_and_one_takes_its_place(tmp_path: Path) -> None:
    configuration = configure(tmp_path, WAITING, max_concurrency=2, timeout=20)
    both, [after] = call(configuration, [b'"crash"', b'"wait"'], [b"1"])
    assert [each.error_type for each in both] == ["Runtime.ExitError"] * 2
    assert (after.error_type, after.report.is_cold) == (None, True)


def test_a_runtime_that_ends_after_its_last_worker_is_replaced_for_the_next_invocation(tmp_path: Path) -> None:
    source = """
        import os, signal, subprocess
        def handler(event, context):
            if event == "crash":
                # The runtime stands still, so that it ends only when the next invocation looks for a worker.
                os.kill(os.getppid(), signal.SIGSTOP)
                subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {os.getppid()}"], start_new_session=True)
                os._exit(3)
            return event
    """
    configuration = configure(tmp_path, source, max_concurrency=2, timeout=20)
    crashed, [after] = call(configuration, [b'"crash"', b'"crash"'], [b"1"])
    assert [each.error_type for each in crashed] == ["Runtime.ExitError"] * 2
    assert (after.error_type, after.payload, after.report.is_cold) == (None, b"1", True)


@pytest.mark.parametrize("statement", ["os._exit(3)", "os.kill(os.getpid(), 11)"])
def test_a_worker_that_ends_fails_its_invocation_alone(tmp_path: Path, statement: str) -> None:
    source = WAITING.replace("os.killpg(0, 9)", statement)
    configuration = configure(tmp_path, source, max_concurrency=3, timeout=60)
    [crashed, waited, ended], after = call(configuration, [b'"crash"', b'"wait"', b'"end"'], [b"1", b"2"])
    assert [each.error_type for each in (waited, ended, *after)] == [None] * 4
    assert (crashed.error_type, crashed.report.status) == ("Runtime.ExitError", "error")
    assert crashed.report.duration_ms < 30_000
    assert not any(each.report.is_cold for each in after)


def test_a_runtime_that_changes_its_connection_is_not_taken_for_one_that_ended(tmp_path: Path) -> None:
    source = """
        import gc, os, socket, time
        def handler(event, context):
            # Closes every connection of the process, so that the answer needs a new one.
            for descriptor in range(3, 256):
                try:
                    peer = socket.socket(fileno=os.dup(descriptor)).getpeername()
                except OSError:
                    continue
                if peer[:1] == ("127.0.0.1",):
                    os.close(descriptor)
            time.sleep(1)
            return event
    """
    configuration = configure(tmp_path, source, max_concurrency=2, timeout=20)
    [[outcome]] = call(configuration, [b"5"])
    assert outcome.error_type != "Runtime.ExitError"


def test_init_has_as_much_time_as_an_invocation_and_130_seconds_at_least(tmp_path: Path) -> None:
    limits = [
        configure(tmp_path, "", max_concurrency=2).init_limit,
        configure(tmp_path, "", max_concurrency=2, timeout=900).init_limit,
        configure(tmp_path, "", timeout=900).init_limit,
    ]
    assert limits == [130, 900, 10]


def test_one_environment_takes_what_it_has_room_for(tmp_path: Path) -> None:
    configuration = configure(
        tmp_path, "import time\nhandler = lambda *_: time.sleep(0.3)", max_concurrency=3, timeout=60
    )

    async def count() -> int:
        async with LocalFunction(configuration, log=print) as function:
            await asyncio.gather(*(function.invoke(ANY) for _ in range(4)))
            return function.environments

    assert asyncio.run(count()) == 2
