import asyncio
import json
import os
import re
import signal
from pathlib import Path

import pytest

from lambdakit.emulator import FunctionConfiguration, LocalFunction, Outcome, Record
from lambdakit.errors import UserError
from tests.emulator.functions import ANY, children, configure, has_ended, invoke
from tests.emulator.snapstart.restoring import RUNTIMES

SOURCE = """
    import os, secrets, time
    from lambdakit.coldstart import after_restore
    after_restore(lambda: time.sleep(0.05))
    made_in_init = secrets.token_hex(8)
    print("init")
    def handler(event, context):
        print("call")
        if event == "exit":
            os._exit(3)
        time.sleep(0.3 if event == "slow" else 0)
        return [made_in_init, os.getpid()]
"""
REPORT = re.compile(
    r"REPORT RequestId: \S+\tDuration: (?P<duration>\S+) ms\tBilled Duration: (?P<billed>\d+) ms\tMemory Size: 128 MB\t"
    r"Max Memory Used: \d+ MB\t(Restore Duration: (?P<restore>\S+) ms\tBilled Restore Duration: (?P<hooks>\d+) ms\t)?"
)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_log_tells_of_init_once_and_of_each_restore(tmp_path: Path, runtime: str) -> None:
    run = invoke(configure(tmp_path, SOURCE, snapstart=True, runtime=runtime), ANY, ANY)
    assert [line.split()[0] for line in run.log] == [
        *("INIT_START", "init", "RESTORE_START", "RESTORE_REPORT"),
        *("START", "call", "END", "REPORT", "START", "call", "END", "REPORT"),
    ]
    assert re.fullmatch(r"RESTORE_REPORT Restore Duration: \d+\.\d\d ms", run.log[3])
    first, second = (REPORT.match(line) for line in run.lines("REPORT"))
    assert first is not None
    assert second is not None
    assert second["restore"] is None
    assert 50 <= int(first["hooks"]) <= float(first["restore"]) + 1
    exact = float(first["duration"]) + int(first["hooks"])
    assert exact <= int(first["billed"]) <= exact + 1.01, "what the hooks took is billed, the snapshot's init is not"
    report = run.outcomes[0].report
    assert (report.is_cold, report.init_duration_ms) == (True, None)


def call_all(configuration: FunctionConfiguration, *rounds: list[bytes]) -> tuple[list[Outcome], list[Record]]:
    """Send each round's payloads at once to one function."""
    outcomes: list[Outcome] = []
    records: list[Record] = []

    async def run() -> None:
        async with LocalFunction(configuration, log=lambda _: None, keep=records.append) as function:
            for payloads in rounds:
                outcomes.extend(await asyncio.gather(*map(function.invoke, payloads)))

    asyncio.run(run())
    return outcomes, records


def test_all_environments_of_a_function_come_from_one_snapshot(tmp_path: Path) -> None:
    outcomes, records = call_all(configure(tmp_path, SOURCE, snapstart=True), [b'"slow"'] * 5)
    results = [json.loads(outcome.payload) for outcome in outcomes]
    assert len({made for made, _ in results}) == 1
    assert len({process for _, process in results}) == 5
    assert [record.message for record in records].count("init") == 1
    of_environments = {record.stream for record in records if record.message == "call"}
    of_snapshot = {record.stream for record in records if record.message == "init"}
    assert len(of_environments) == 5
    assert not of_environments & of_snapshot


def test_an_environment_that_crashed_is_restored_again(tmp_path: Path) -> None:
    outcomes, records = call_all(configure(tmp_path, SOURCE, snapstart=True), [b'"exit"'], [ANY], [ANY])
    assert [outcome.error_type for outcome in outcomes] == ["Runtime.ExitError", None, None]
    assert [outcome.report.is_cold for outcome in outcomes] == [True, True, False]
    assert [record.message for record in records].count("init") == 1


def test_a_snapshot_whose_process_is_gone_is_taken_again(tmp_path: Path) -> None:
    source = """
        import os
        print("init")
        handler = lambda event, context: [os.getpid(), os.getppid()]
    """
    log: list[str] = []

    async def run() -> None:
        async with LocalFunction(configure(tmp_path, source, snapstart=True), log=log.append) as function:
            process, holder = json.loads((await function.invoke(ANY)).payload)
            os.kill(holder, signal.SIGKILL)
            assert await asyncio.to_thread(has_ended, holder)
            outcomes = [await function.invoke(ANY) for _ in range(2)]
            # The first may come before the end of the restored process is known.
            assert outcomes[1].error_type is None
            assert json.loads(outcomes[1].payload)[1] not in {process, holder}

    asyncio.run(run())
    assert log.count("init") == 2


def test_all_environments_outlive_the_end_of_their_snapshot(tmp_path: Path) -> None:
    source = """
        import os, time
        def handler(event, context):
            time.sleep(0.2)
            return [os.getpid(), os.getppid()]
    """

    async def run() -> None:
        async with LocalFunction(configure(tmp_path, source, snapstart=True), log=print) as function:

            async def call_at_once() -> list[Outcome]:
                return await asyncio.gather(*(function.invoke(ANY) for _ in range(4)))

            holder = json.loads((await call_at_once())[0].payload)[1]
            os.kill(holder, signal.SIGKILL)
            assert await asyncio.to_thread(has_ended, holder)
            # One finds that the snapshot is gone, which ends the runtimes of all others.
            await function.invoke(ANY)
            results = [json.loads(outcome.payload) for outcome in await call_at_once()]
            assert len({process for process, _ in results}) == 4
            assert len({parent for _, parent in results} - {holder}) == 1

    asyncio.run(run())


def test_a_snapshot_that_nobody_waits_for_any_more_is_taken_anew(tmp_path: Path) -> None:
    source = """
        import pathlib, time
        print("init", flush=True)
        while not pathlib.Path(__file__).with_name("go").exists():
            time.sleep(0.01)
        handler = lambda event, context: "served"
    """
    configuration = configure(tmp_path, source, snapstart=True)

    async def run() -> None:
        begun = asyncio.Event()

        def log(line: str) -> None:
            if line == "init":
                begun.set()

        async with LocalFunction(configuration, log=log) as function:
            call = asyncio.create_task(function.invoke(ANY))
            await asyncio.wait_for(begun.wait(), 30)
            other = asyncio.create_task(function.invoke(ANY))
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            (configuration.task_root / "go").touch()
            assert json.loads((await other).payload) == "served"

    before = children()
    asyncio.run(run())
    assert [child for child in children() if child not in before] == []


def test_an_init_that_takes_too_long_fails_the_invocation(tmp_path: Path) -> None:
    source = "import time\ntime.sleep(600)\nhandler = print"
    run = invoke(configure(tmp_path, source, snapstart=True, init_timeout=0.5))
    [outcome] = run.outcomes
    assert (outcome.phase, outcome.error_type) == ("init", "Sandbox.Timedout")
    assert run.lines("INIT_REPORT")[0].endswith("Phase: init\tStatus: timeout")


def test_an_init_that_takes_too_much_memory_fails_the_invocation(tmp_path: Path) -> None:
    source = "import time\nkept = b'x' * 200_000_000\ntime.sleep(20)\nhandler = print"
    [outcome] = invoke(configure(tmp_path, source, snapstart=True)).outcomes
    assert (outcome.phase, outcome.error_type) == ("init", "Runtime.OutOfMemory")


def test_warnings_are_written_once_for_a_function(tmp_path: Path) -> None:
    source = """
        import threading, time, uuid
        INSTANCE = uuid.uuid4()
        threading.Thread(target=time.sleep, args=[600], daemon=True, name="poller").start()
        handler = lambda event, context: time.sleep(0.3)
    """
    _, records = call_all(configure(tmp_path, source, snapstart=True), [ANY] * 3)
    notes = [
        record.message
        for record in records
        if record.message.startswith("lambdakit: ")
        and "/tmp" not in record.message
        and "needs Python" not in record.message
    ]
    assert len(notes) == 3
    assert notes.pop(0).startswith("lambdakit: the snapshot was taken after ")
    assert notes[0].startswith("lambdakit: threads of init run on after a restore on AWS, and not here: poller")
    assert notes[1].startswith("lambdakit: app.INSTANCE was made in init")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_failing_init_fails_each_invocation_and_is_tried_again_by_the_next(tmp_path: Path, runtime: str) -> None:
    source = """
        import pathlib
        if not pathlib.Path(__file__).with_name("go").exists():
            raise LookupError("not yet")
        handler = lambda event, context: "served"
    """
    configuration = configure(tmp_path, source, snapstart=True, runtime=runtime)
    run = invoke(configuration)
    [outcome] = run.outcomes
    assert (outcome.phase, outcome.error_type) == ("init", "LookupError")
    assert run.lines("INIT_REPORT")[0].endswith("Phase: init\tStatus: error\tError Type: LookupError")
    (configuration.task_root / "go").touch()
    assert invoke(configuration).results() == ["served"]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_hook_that_fails_after_the_restore_fails_the_invocation(tmp_path: Path, runtime: str) -> None:
    source = """
        from lambdakit.coldstart import after_restore
        @after_restore
        def fail():
            raise LookupError("no database")
        handler = print
    """
    run = invoke(configure(tmp_path, source, snapstart=True, runtime=runtime), ANY, ANY)
    for outcome in run.outcomes:
        assert (outcome.phase, outcome.error_type) == ("restore", "LookupError")
        assert outcome.report.error_type == "Runtime.AfterRestoreError"
    assert len(run.lines("RESTORE_REPORT")) == 2
    assert run.lines("RESTORE_REPORT")[0].endswith("ms\tStatus: error\tError Type: Runtime.AfterRestoreError")


def test_a_restored_environment_stands_still_between_invocations(tmp_path: Path) -> None:
    source = """
        import threading, time
        ticks = []
        def tick():
            while True:
                ticks.append(time.monotonic())
                time.sleep(0.01)
        def handler(event, context):
            if not ticks:
                threading.Thread(target=tick, daemon=True).start()
            time.sleep(0.1)
            return max(later - earlier for earlier, later in zip(ticks, ticks[1:]))
    """

    async def run() -> None:
        async with LocalFunction(configure(tmp_path, source, snapstart=True, memory=1769), log=print) as function:
            await function.invoke(ANY)
            await function.pause(1.5)
            assert json.loads((await function.invoke(ANY)).payload) > 1.2

    asyncio.run(run())


def test_a_wrapper_script_of_the_function_starts_what_takes_the_snapshot(tmp_path: Path) -> None:
    source = """
        import os
        handler = lambda event, context: [os.environ["WRAPPED"], os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
    """
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"}
    configuration = configure(tmp_path, source, snapstart=True, variables=variables)
    script = configuration.task_root / "wrap"
    script.write_text('#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n')
    script.chmod(0o755)
    assert invoke(configuration).results() == [["yes", "snap-start"]]


@pytest.mark.parametrize("other", [{"debug_port": 5678}, {"max_concurrency": 4}])
def test_settings_that_no_snapshot_goes_with_are_refused(tmp_path: Path, other: dict[str, int]) -> None:
    with pytest.raises(UserError, match="leave SnapStart or"):
        configure(tmp_path, SOURCE, snapstart=True, **other)
