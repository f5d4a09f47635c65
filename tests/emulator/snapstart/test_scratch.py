import asyncio
from pathlib import Path

import pytest

from lambdakit.emulator.launching.isolation import find_gap
from tests.emulator.snapstart.restoring import RUNTIMES, Taken, take

SOURCE = """
    import importlib, os, pathlib, subprocess
    made = pathlib.Path("/tmp/made in init")
    made.write_text("init")
    os.mkfifo("/tmp/pipe")
    os.symlink("made in init", "/tmp/link")
    def handler(event, context):
        made.write_text(made.read_text() + event)
        late = importlib.import_module("late").NAME
        listed = sorted(each.name for each in pathlib.Path("/tmp").iterdir() if each.is_file())
        try:
            pathlib.Path("written").touch()
            is_writable = True
        except OSError:
            is_writable = False
        child = subprocess.run(["/bin/cat", "/tmp/link"], capture_output=True, text=True).stdout
        return [made.read_text(), listed, late, os.getcwd(), is_writable, child]
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_environment_has_a_copy_of_what_was_in_tmp_at_the_snapshot(tmp_path: Path, runtime: str) -> None:
    """The code lies below /tmp here: it is still there, and still cannot be changed."""
    if gap := asyncio.run(find_gap([tmp_path])):
        pytest.skip(gap)
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "late.py").write_text("NAME = 'late'")

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        assert one.warnings == []
        for restored, name in ((one, "a"), (other, "b"), (one, "c")):
            *answer, child = await taken.call(restored, name)
            assert answer[1:] == [["link", "made in init"], "late", str(tmp_path / "task"), False]
            assert child == answer[0] == {"a": "inita", "b": "initb", "c": "initac"}[name]

    take(tmp_path, SOURCE, use, runtime=runtime)


def test_the_copies_go_with_their_environments(tmp_path: Path) -> None:
    if gap := asyncio.run(find_gap([tmp_path])):
        pytest.skip(gap)
    source = """
        import os
        def handler(event, context):
            with open("/proc/self/mountinfo") as mounts:
                return [line.split()[3] for line in mounts if line.split()[4] == "/tmp"][-1]
    """

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        folders = [Path(await taken.call(each)) for each in (one, other)]
        assert folders[0] != folders[1]
        await one.stop("SPINDOWN")
        left = [each.name for each in taken.scratch.iterdir() if each.name.startswith(".environment-")]
        assert left == [folders[1].name]

    take(tmp_path, source, use)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_reading_of_a_file_goes_on_where_it_was_in_each_environment(tmp_path: Path, runtime: str) -> None:
    source = """
        import os
        data = open(__file__.replace("app.py", "data"), buffering=1)
        first = os.read(data.fileno(), 2).decode()
        def handler(event, context):
            return [first, os.read(data.fileno(), 2).decode()]
    """
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "data").write_text("aabbccdd")

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        assert [await taken.call(each) for each in (one, other, one)] == [["aa", "bb"], ["aa", "bb"], ["aa", "cc"]]

    take(tmp_path, source, use, runtime=runtime)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_that_was_open_at_the_snapshot_still_works_and_is_shared(tmp_path: Path, mode: str) -> None:
    """It would not work on a copy: SQLite knows the file that it has opened."""
    source = f"""
        import sqlite3
        database = sqlite3.connect("/tmp/database", isolation_level=None)
        database.execute("pragma journal_mode = {mode}")
        database.execute("create table lines (text)")
        database.execute("insert into lines values ('init')")
        def handler(event, context):
            database.execute("insert into lines values (?)", [event])
            [[check]] = database.execute("pragma integrity_check")
            return [check, [text for text, in database.execute("select text from lines")]]
    """
    if gap := asyncio.run(find_gap([tmp_path])):
        pytest.skip(gap)

    async def use(taken: Taken) -> None:
        one, other = await taken.restore(), await taken.restore()
        [warning] = one.warnings
        assert warning.startswith("the environments of this snapshot share /tmp, unlike on AWS: files in it were open")
        assert "/tmp/database" in warning
        assert other.warnings == []
        for name, each in (("a", one), ("b", other), ("c", one)):
            check, lines = await taken.call(each, name)
            assert (check, lines) == ("ok", ["init", *"abc"[: "abc".index(name) + 1]])

    take(tmp_path, source, use)
