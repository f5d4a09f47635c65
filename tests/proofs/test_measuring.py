"""What a proof measures, against the probe on a real server, which stands for the function's address."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from proofs import managed, snapstart, streaming, work
from proofs.calls import Caller

ROOT = Path(__file__).parents[2]
SERVER = """
import sys
import uvicorn
from lambdakit.runtime import hosting
from proofs.probe.probe import app

async def buffered(scope, receive, send):
    if scope["type"] != "http":
        return await app(scope, receive, send)
    messages = []
    async def keep(message):
        messages.append(message)
    await app(scope, receive, keep)
    for message in messages:
        await send(message)

kind, port = sys.argv[1:]
if kind != "foreign":
    hosting.announce()
uvicorn.run(buffered if kind == "buffered" else app, port=int(port), log_level="error")
"""


@contextmanager
def serve(kind: str, port: int) -> Generator[Caller]:
    """Serve the probe as the toolkit's runtime would, as one that streams nothing, or as another runtime."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, kind, str(port)], cwd=ROOT)
    try:
        yield Caller(f"http://127.0.0.1:{port}/", lambda _method, _url: {}, patience=30, pause=0.05)
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_pieces_that_come_one_by_one_prove_streaming(unused_port: int) -> None:
    with serve("streaming", unused_port) as caller:
        finding = streaming.measure(caller, rounds=2)

    assert finding.passed, finding.problem
    assert list(finding.figures) == ["first byte", "last byte", "arrivals", "requests"]
    first, last = (int(finding.figures[name].removesuffix(" ms")) for name in ("first byte", "last byte"))
    assert first < 400
    assert last >= 800


def test_pieces_that_come_at_the_end_do_not(unused_port: int) -> None:
    with serve("buffered", unused_port) as caller:
        finding = streaming.measure(caller, rounds=2)

    assert not finding.passed
    assert finding.problem.startswith("the pieces came within ")


def test_a_response_before_the_work_and_all_of_it_done_prove_work_after_the_response(unused_port: int) -> None:
    with serve("streaming", unused_port) as caller:
        finding = work.measure(caller, seconds=0.25, pause=0.02)

    assert finding.passed, finding.problem
    assert finding.figures["done"] == "20 of 20"


def test_a_response_that_waits_for_the_work_does_not(unused_port: int) -> None:
    with serve("buffered", unused_port) as caller:
        finding = work.measure(caller, seconds=0.25, pause=0)

    assert not finding.passed
    assert "so it waited for the work" in finding.problem


def test_another_runtime_proves_nothing(unused_port: int) -> None:
    with serve("foreign", unused_port) as caller:
        findings = [streaming.measure(caller, rounds=2), work.measure(caller, seconds=0.25, pause=0)]

    problem = "the wrapper script did not start the toolkit's runtime"
    assert [(finding.passed, finding.problem) for finding in findings] == [(False, problem)] * 2


def test_an_address_that_never_answers_is_an_error(unused_port: int) -> None:
    caller = Caller(f"http://127.0.0.1:{unused_port}", lambda _method, _url: {}, patience=0.2, pause=0.01)
    began = time.monotonic()

    with pytest.raises(OSError, match="refused"):
        streaming.measure(caller, rounds=2)
    assert time.monotonic() - began < 20


ORDER = ["before snapshot", "after restore", "startup"]
RESTORED = "RESTORE_REPORT Restore Duration: 512.33 ms\nREPORT RequestId: x\tDuration: 3.10 ms\n"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        ({"marks": ["startup", *ORDER[:2]]}, "expected in order: before snapshot, after restore, startup"),
        ({"kind": "on-demand"}, "the environment's kind was on-demand"),
        ({"is_hosted": False}, "the wrapper script did not start the toolkit's runtime"),
    ],
)
def test_hooks_in_order_after_a_restore_prove_snapstart(changes: dict[str, Any], problem: str) -> None:
    seen = {"marks": ORDER, "kind": "snap-start", "is_hosted": True, "process": "1"}
    finding = snapstart.measure(seen | changes, RESTORED)

    assert (finding.passed, finding.problem) == (not problem, problem)
    assert finding.figures["restore"] == "512.33 ms"


def test_many_requests_in_one_process_prove_managed_instances(unused_port: int) -> None:
    with serve("streaming", unused_port) as caller:
        caller.wait("/marks")
        finding = managed.measure(lambda: caller.ask("GET", "/wait?seconds=1").json())

    assert finding.passed, finding.problem
    assert (finding.figures["processes"], finding.figures["most in one process"]) == ("1", "16")


def test_one_request_at_a_time_does_not() -> None:
    def ask() -> dict[str, Any]:
        return {"at_once": 1, "process": str(time.monotonic_ns()), "is_hosted": True}

    finding = managed.measure(ask)

    assert (finding.passed, finding.problem) == (False, "no process served two requests at a time")
