"""`toolkit dev` as a process."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.cli.commands import toolkit

APP = """
async def app(scope, receive, send):
    if scope["path"] == "/break":
        raise ValueError("\\x1b[2J broken")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""
PROJECT = """
[tool.lambdakit.functions.api]
handler = "app.handler"
http = { via = "rest-api", auth = "iam" }

[tool.lambdakit.functions.worker]
handler = "app.handler"
queue = { batch = 10 }
"""


@contextmanager
def start(
    folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL, stderr: int | IO[str] = subprocess.PIPE
) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Start the command, and give it with the first address that it prints."""
    command = [sys.executable, "-m", "lambdakit", "dev", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address is not None, line + process.communicate(timeout=20)[1]
        yield process, address[0]
    finally:
        process.kill()
        process.communicate(timeout=20)


def ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as response:
        return response.read().decode()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return what comes on standard error, up to the line that holds a text."""
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:
        seen += line
        if text in line:
            return seen
    raise AssertionError(seen)


def test_an_app_answers_until_the_command_is_ended(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    with start(tmp_path, "shop:app") as (process, address):
        assert ask(address + "items?a=1") == "hello"
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=20)

    assert process.returncode == 0
    assert re.search(r"shop-app GET /items\?a=1 200 [\d.]+ ms +billed \d+ ms", log)


def test_a_save_is_answered_by_the_new_code(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    with start(tmp_path, "shop:app") as (process, address):
        read_until(process, "quit")
        (tmp_path / "shop.py").write_text(APP.replace("hello", "again"))
        read_until(process, "reloaded after shop.py")
        assert ask(address) == "again"


def test_its_own_output_in_the_folder_is_no_reason_to_reload(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    output = tmp_path / "out.txt"
    with output.open("w") as stream, start(tmp_path, "shop:app", stderr=stream) as (process, address):
        assert ask(address) == "hello"
        while "reloaded after" not in output.read_text():
            (tmp_path / "shop.py").write_text(APP)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
    assert "out.txt" not in output.read_text()


def test_an_error_is_shown_with_the_lines_of_the_user_and_nothing_that_steers_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    raise ValueError('\\x1b[2J broken')\n")
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace("rest-api", "function-url").replace("iam", "none"))
    with start(tmp_path, "api") as (process, address):
        with pytest.raises(urllib.error.HTTPError, match="502"):
            ask(address)
        log = read_until(process, "502 ")
    assert "line 2, in handler" in log
    assert log.count("ValueError: ") == 1
    assert "\x1b[2J" not in log
    assert "\\x1b[2J broken" in log


def test_each_declared_function_has_an_address_or_what_else_brings_it_its_events(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("handler = lambda event, context: {'statusCode': 200}")
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    with start(tmp_path) as (process, address):
        assert address.endswith("/prod/")
        assert process.stdout is not None
        table = [address, *(process.stdout.readline() for _ in range(4))]
        assert "not emulated: " in read_until(process, "ready in")
    assert [line.split()[:2] for line in table[1:4]] == [["worker", "queue"], ["(all)", "lambda"], ["(all)", "sqs"]]


def test_what_a_gateway_cannot_check_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("handler = lambda event, context: {'statusCode': 200}")
    token = '{ issuer = "https://login.example.com/", audience = "shop" }'
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace("rest-api", "alb").replace('"iam"', token))
    with start(tmp_path) as (process, _):
        assert "api nothing in front of it checks who calls via alb" in read_until(process, "ready in")


def test_two_at_a_time_do_not_share_a_port(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = toolkit(tmp_path, "dev", "shop:app", "--port", str(port))
    assert run.code == 2
    assert f"port {port} is in use" in run.stderr


def test_without_a_declaration_one_line_says_what_to_do(tmp_path: Path) -> None:
    run = toolkit(tmp_path, "dev")
    assert run.code == 2
    assert "there is no function to serve" in run.stderr
    assert "toolkit dev module:attribute" in run.stderr


def test_keys_make_the_next_request_cold_and_end_the_command(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    ours, theirs = pty.openpty()
    with start(tmp_path, "shop:app", stdin=theirs) as (process, address):
        read_until(process, "quit")
        os.write(ours, b"c")
        read_until(process, "the next request of each function is cold")
        assert ask(address) == "hello"
        os.write(ours, b"q")
        _, log = process.communicate(timeout=20)
    assert (process.returncode, "init" in log) == (0, True)
    os.close(ours)
    os.close(theirs)
