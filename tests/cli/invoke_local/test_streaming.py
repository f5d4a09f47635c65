import subprocess
import sys
from pathlib import Path

import pytest

DECLARATION = """
[tool.lambdakit.functions.web]
handler = "lambdakit.asgi.handler.handler"
environment = { LAMBDAKIT_APP = "stream:app" }
http = { auth = "none", streaming = true }
"""
APP = """
import asyncio, pathlib


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    if scope["path"] == "/raise":
        raise ValueError("in the middle")
    while not pathlib.Path("go").exists():
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b" last"})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(DECLARATION)
    (tmp_path / "stream.py").write_text(APP)
    return tmp_path


def start(project: Path, path: str, *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "lambdakit", "invoke-local", "web", "GET", path, *options]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_streamed_body_is_printed_while_it_comes(project: Path) -> None:
    with start(project, "/") as running:
        assert running.stdout is not None
        # The app goes on only when this has been read.
        assert running.stdout.read(5) == b"first"
        (project / "go").touch()
        rest, log = running.communicate(timeout=60)
    assert (running.returncode, rest) == (0, b" last")
    assert b"HTTP 201 text/plain 10 bytes\n" in log


def test_status_and_headers_come_before_a_streamed_body(project: Path) -> None:
    (project / "go").touch()
    with start(project, "/", "--include") as running:
        printed, _ = running.communicate(timeout=60)
    head, _, body = printed.partition(b"\r\n\r\n")
    assert (head.splitlines()[0], body) == (b"HTTP/1.1 201 Created", b"first last")


def test_a_stream_that_breaks_off_is_a_failure_and_leaves_the_body_alone(project: Path) -> None:
    with start(project, "/raise") as running:
        printed, log = running.communicate(timeout=60)
    assert (running.returncode, printed) == (1, b"first")
    assert b"toolkit: the function web failed in its invoke phase: " in log
