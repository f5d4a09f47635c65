import asyncio
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from lambdakit.emulator.launching.isolation import find_gap, isolate
from tests.emulator.functions import configure, invoke

GAP = asyncio.run(find_gap([]))
namespaces = pytest.mark.skipif(GAP is not None, reason=str(GAP))


@namespaces
def test_tmp_is_the_functions_own_and_its_code_is_read_only(tmp_path: Path) -> None:
    source = """
        import os, pathlib, sys
        def refusal(path):
            try:
                path.write_text("changed")
            except OSError as error:
                return error.strerror
        def handler(event, context):
            pathlib.Path("/tmp/mine").write_text("x")
            here, venv = pathlib.Path(__file__), pathlib.Path(sys.prefix)
            return {
                "tmp": sorted(os.listdir("/tmp")),
                "written": [refusal(path) for path in (pathlib.Path("new"), here, venv / "new")],
                "user": os.getuid(),
            }
    """
    configuration = configure(tmp_path, source)
    with tempfile.NamedTemporaryFile(dir="/tmp") as of_the_host:
        [seen] = invoke(configuration).results()
    assert "mine" in seen["tmp"]
    assert Path(of_the_host.name).name not in seen["tmp"]
    assert not Path("/tmp/mine").exists()
    assert seen["written"] == ["Read-only file system"] * 3
    assert seen["user"] == os.getuid()
    assert [file.name for file in configuration.task_root.iterdir()] == ["app.py"]


@namespaces
def test_the_working_folder_is_the_read_only_one(tmp_path: Path) -> None:
    """A folder that was entered before the mount would still lead to the changeable one."""
    code, scratch = tmp_path / "code", tmp_path / "scratch"
    code.mkdir()
    scratch.mkdir()
    command = isolate(
        ["/bin/sh", "-c", "touch relative"], scratch=scratch, working_folder=code, read_only=[code], visible=[]
    )
    done = subprocess.run(command, cwd=code, capture_output=True, text=True, check=False, timeout=10)
    assert "Read-only file system" in done.stderr
    assert list(code.iterdir()) == []


@namespaces
def test_nothing_is_mounted_for_the_caller(tmp_path: Path) -> None:
    before = Path("/proc/self/mounts").read_text()
    invoke(configure(tmp_path, "handler = lambda event, context: None"))
    assert Path("/proc/self/mounts").read_text() == before


@pytest.mark.parametrize("folder", ["/", "/tmp"])
def test_code_at_or_around_tmp_leaves_a_gap(folder: str) -> None:
    gap = asyncio.run(find_gap([Path(folder)]))
    assert gap is not None


def test_a_gap_is_logged_once_and_tmpdir_leads_to_a_folder_of_its_own(tmp_path: Path) -> None:
    source = """
        import os, pathlib, tempfile
        def handler(event, context):
            pathlib.Path(tempfile.gettempdir(), "kept").touch()
            return [os.environ.get("TMPDIR"), tempfile.gettempdir()]
    """
    # A module of the app beside it says where the app is; the code folder itself is the one that cannot be isolated.
    configuration = configure(tmp_path, source)
    outer = configure(
        tmp_path, source, task_root=Path("/"), handler=f"{configuration.task_root}/app.handler".lstrip("/")
    )
    run = invoke(outer, b"1", b"2")
    [first, second] = run.results()
    assert first == second
    assert first[0] == first[1]
    assert not Path(first[0]).exists(), "deleted with the environment"
    [line] = run.notes
    assert line == (
        "lambdakit: /tmp is not the function's own (TMPDIR is) and its code is writable: "
        "/, a folder of the function's code, contains /tmp"
    )
