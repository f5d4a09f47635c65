import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambdakit.cli.invoke_local.output import log_durations

HANDLER = (
    'def handler(event, context): return {"statusCode": 299, "headers": {"content-type": "text/plain"}, "body": "tea"}'
)


def test_durations_are_told_apart_by_temperature(capsys: pytest.CaptureFixture[str]) -> None:
    log_durations([(20.0, 300.125)], [float(duration) for duration in range(200, 0, -1)])

    assert capsys.readouterr() == (
        "",
        "cold: 20.00 ms and init 300.12 ms\nwarm: median 100.50 ms, p99 198.00 ms, max 200.00 ms, 200 requests\n",
    )


def test_a_cold_call_alone_has_no_warm_durations(capsys: pytest.CaptureFixture[str]) -> None:
    log_durations([(1.0, None)], [])

    assert capsys.readouterr().err == "cold: 1.00 ms\n"


def test_a_terminal_gets_a_newline_after_the_body(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(HANDLER)
    command = [sys.executable, "-m", "lambdakit", "invoke-local", "shop:handler", "GET", "/", "--include"]
    terminal, end = os.openpty()
    try:
        subprocess.run(command, cwd=tmp_path, stdout=end, stderr=subprocess.DEVNULL, timeout=60, check=True)
        printed = os.read(terminal, 4096)
    finally:
        os.close(end)
        os.close(terminal)

    assert printed.replace(b"\r", b"") == b"HTTP/1.1 299 \ncontent-type: text/plain\n\ntea\n"
