import json
from pathlib import Path

import pytest

from lambdakit.emulator.snapstart.judging import judge_restore
from tests.emulator.snapstart.restoring import LIMIT, RUNTIMES, Taken, take

ORDER = """
    from lambdakit.coldstart import after_restore, before_snapshot
    import snapshot_restore_py as theirs
    for name in "ab":
        before_snapshot(lambda name=name: print("before", name))
        after_restore(lambda name=name: print("after", name))
    theirs.register_before_snapshot(lambda: print("before theirs"))
    theirs.register_after_restore(lambda: print("after theirs"))
    def handler(event, context):
        print("call")
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_hooks_run_once_before_the_snapshot_and_after_each_restore(tmp_path: Path, runtime: str) -> None:
    async def use(taken: Taken) -> None:
        before = [line for line in taken.log if line.startswith("before")]
        assert before.index("before b") < before.index("before a")
        assert sorted(before) == ["before a", "before b", "before theirs"]
        for _ in range(2):
            await taken.call(await taken.restore())
        for log in taken.logs:
            assert sorted(log[:-1]) == ["after a", "after b", "after theirs"]
            assert log.index("after a") < log.index("after b")
            assert log[-1] == "call"

    take(tmp_path, ORDER, use, runtime=runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_hook_that_fails_before_the_snapshot_leaves_none(tmp_path: Path, runtime: str) -> None:
    source = """
        from lambdakit.coldstart import before_snapshot
        @before_snapshot
        def fail():
            raise LookupError("no database")
        handler = print
    """

    async def use(taken: Taken) -> None:
        assert taken.snapshot.ending.exit_code == 64
        failure = taken.snapshot.judge("some-id")
        assert failure is not None
        assert failure.error_type == "Runtime.BeforeSnapshotError"
        assert "no database" in json.loads(failure.answer.payload)["errorMessage"]

    take(tmp_path, source, use, runtime=runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_hook_that_fails_after_a_restore_fails_that_restore_alone(tmp_path: Path, runtime: str) -> None:
    source = """
        from lambdakit.coldstart import after_restore
        import pathlib
        @after_restore
        def fail_at_first():
            if not pathlib.Path(__file__).with_name("database").exists():
                raise LookupError("no database")
        handler = lambda event, context: "served"
    """

    async def use(taken: Taken) -> None:
        restored = await taken.begin()
        ending = await restored.finish_restore(LIMIT)
        assert (ending.cause, ending.exit_code) == ("exit", 65)
        failure = judge_restore(ending, request_id="some-id", limit=LIMIT, posted=restored.restore_error)
        assert failure is not None
        assert failure.error_type == "Runtime.AfterRestoreError"
        assert "no database" in json.loads(failure.answer.payload)["errorMessage"]
        (taken.configuration.task_root / "database").touch()
        assert await taken.call(await taken.restore()) == "served"

    take(tmp_path, source, use, runtime=runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_hooks_have_a_time_limit_of_their_own(tmp_path: Path, runtime: str) -> None:
    source = """
        import time
        from lambdakit.coldstart import after_restore
        after_restore(lambda: time.sleep(600))
        handler = print
    """

    async def use(taken: Taken) -> None:
        restored = await taken.begin()
        ending = await restored.finish_restore(0.5)
        assert ending.cause == "time-out"
        failure = judge_restore(ending, request_id="some-id", limit=0.5, posted=restored.restore_error)
        assert failure is not None
        assert (failure.error_type, failure.status) == ("Runtime.RestoreHookUserTimeout", "timeout")
        assert json.loads(failure.answer.payload)["errorType"] == "Runtime.RestoreHookUserTimeout"
        await restored.stop("TIMEOUT")

    take(tmp_path, source, use, runtime=runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_function_that_cannot_be_imported_leaves_no_snapshot(tmp_path: Path, runtime: str) -> None:
    async def use(taken: Taken) -> None:
        failure = taken.snapshot.judge("some-id")
        assert failure is not None
        assert failure.error_type == "Runtime.ImportModuleError"

    take(tmp_path, "import nothing_of_that_name", use, runtime=runtime)


def test_the_time_of_the_hooks_is_known(tmp_path: Path) -> None:
    source = """
        import time
        from lambdakit.coldstart import after_restore
        after_restore(lambda: time.sleep(0.2))
        handler = print
    """

    async def use(taken: Taken) -> None:
        restored = await taken.begin()
        ending = await restored.finish_restore(LIMIT)
        assert 200 <= restored.hooks_ms(ending) <= ending.milliseconds

    take(tmp_path, source, use)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_function_with_an_extension_is_told_of_its_end_after_a_restore_too(tmp_path: Path, runtime: str) -> None:
    """Our runtime registers one in init; it outlives the snapshot on AWS, as the Runtime API lies inside of it."""
    source = """
        from lambdakit.coldstart import on_shutdown
        on_shutdown(lambda: print("shutdown"))
        handler = print
    """

    async def use(taken: Taken) -> None:
        restored = await taken.restore()
        await restored.stop("SPINDOWN")
        assert taken.logs[0] == (["shutdown"] if runtime == "lambdakit" else [])
        assert "shutdown" not in taken.log

    take(tmp_path, source, use, runtime=runtime)


def test_credentials_are_asked_for_and_not_in_the_environment(tmp_path: Path) -> None:
    source = """
        import json, os, urllib.request
        def ask():
            headers = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
            request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers=headers)
            with urllib.request.urlopen(request) as answer:
                return sorted(json.load(answer))
        in_init = ask()
        def handler(event, context):
            return [in_init == ask(), ask(), [name for name in os.environ if "SECRET" in name or "ACCESS" in name]]
    """

    async def use(taken: Taken) -> None:
        same, fields, names = await taken.call(await taken.restore())
        assert same
        assert fields == ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]
        assert names == []

    take(tmp_path, source, use)
