import asyncio
from pathlib import Path

import pytest

from lambdakit.emulator.isolation import find_gap
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
