import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_first_stock_arrives_long_before_the_last() -> None:
    command = [sys.executable, "-m", "lambdakit", "invoke-local", "live", "GET", "/items/42/stock?seconds=25"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        began = time.monotonic()
        try:
            assert running.stdout is not None
            lines = [running.stdout.readline() for _ in range(3)]
            assert time.monotonic() - began < 20
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 130
    assert lines == [b"event: stock\n", b'data: {"stock":64}\n', b"id: 0\n"]
