"""The commands of a page, typed one after the other into one shell, print what the page shows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("start/first-call.md", "guides/call-locally.md")
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"`([\w.]+)`:\n\n\Z")
SEPARATOR = "--- next command ---"
PLATFORM = re.compile(r"^(INIT_START|START|END|REPORT|cold:|warm:|cost:) ")
VARYING = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+\.\d+|\d+(?= M?[Bm])")
SECONDS = 110


def steps(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command with the lines that the page shows below it; a file that it shows is written."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        if block["kind"] == "console":
            for command in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                typed, *shown = command.splitlines()
                yield typed, shown
        elif file_name := FILE_NAME.search(text[: block.start()]):
            yield f"cat > {file_name[1]} <<'END_OF_FILE'\n{block['text']}END_OF_FILE", []


def type_into_a_shell(commands: list[str], folder: Path) -> list[str]:
    """Return what each command printed, standard output before standard error."""
    script = "\n".join(f"{command}\nprintf '\\n{SEPARATOR}\\n'; echo '{SEPARATOR}' >&2" for command in commands)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    outputs = (stream.decode().split(f"{SEPARATOR}\n") for stream in (done.stdout, done.stderr))
    return [out + err for out, err in zip(*outputs, strict=True)]


def comparable(line: str) -> str:
    """Return a line with what differs from run to run left out: identifiers, durations, memory."""
    line = line.rstrip()
    return VARYING.sub("#", line) if PLATFORM.match(line) else line


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with what the pages need of the repository."""
    folder = tmp_path / "lambdakit"
    shutil.copytree(ROOT / "handlers", folder / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_print_what_it_shows(clone: Path, page: str) -> None:
    typed = list(steps(page))
    printed = type_into_a_shell([command for command, _ in typed], clone)

    assert len(typed) > 5
    for (command, shown), output in zip(typed, printed, strict=False):
        lines = {comparable(line) for line in output.splitlines()}
        assert [line for line in shown if comparable(line) not in lines] == [], f"{command}\n{output}"
