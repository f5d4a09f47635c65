import json
from pathlib import Path

import pytest

from lambdakit.emulator.limits.cpu_share import FULL_PROCESSOR_MB
from tests.emulator.functions import ANY, configure, invoke
from tests.emulator.snapstart.restoring import RUNTIMES

HOLDING = """
    kept = [bytearray(b"x" * 60_000_000)]
    def handler(event, context):
        kept.append(bytearray(b"x" * event))
        return len(kept)
"""
BURNING = """
    import time
    def handler(event, context):
        began, end = time.perf_counter(), time.process_time() + event
        while time.process_time() < end:
            pass
        return time.perf_counter() - began
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_memory_that_init_took_counts_in_each_environment(tmp_path: Path, runtime: str) -> None:
    """Although they share it with the process that holds the snapshot, so that the machine has it once."""
    configuration = configure(tmp_path, HOLDING, snapstart=True, runtime=runtime, memory=128, timeout=30)
    run = invoke(configuration, b"10", b"80000000", b"10")
    assert [outcome.error_type for outcome in run.outcomes] == [None, "Runtime.OutOfMemory", None]
    assert run.outcomes[2].report.restore_duration_ms is not None
    assert run.outcomes[0].report.max_memory_used_mb >= 60


def test_a_restored_environment_has_its_share_of_a_processor(tmp_path: Path) -> None:
    run = invoke(configure(tmp_path, BURNING, snapstart=True, memory=256, timeout=60), b"0.2")
    [seconds] = run.results()
    assert seconds >= 0.2 * FULL_PROCESSOR_MB / 256 * 0.8


def test_the_log_in_json_tells_of_a_restore(tmp_path: Path) -> None:
    source = """
        import uuid
        INSTANCE = uuid.uuid4()
        handler = lambda event, context: None
    """
    run = invoke(configure(tmp_path, source, snapstart=True, log_format="JSON", system_log_level="DEBUG"), ANY)
    records = [json.loads(line) for line in run.log]
    platform = [each for each in records if each["type"].startswith("platform.")]
    assert [each["type"].removeprefix("platform.") for each in platform] == [
        *("initStart", "initRuntimeDone", "initReport"),
        *("restoreStart", "restoreRuntimeDone", "restoreReport", "start", "runtimeDone", "report"),
    ]
    assert {each["record"]["initializationType"] for each in platform[:3]} == {"snap-start"}
    restored, metrics = platform[5]["record"], platform[8]["record"]["metrics"]
    assert restored["status"] == "success"
    assert restored["metrics"]["durationMs"] == metrics["restoreDurationMs"]
    assert 0 < metrics["billedRestoreDurationMs"] <= metrics["restoreDurationMs"] + 1
    assert "initDurationMs" not in metrics
    notes = [each["record"]["message"] for each in records if each["type"] == "lambdakit.note"]
    assert any(note.startswith("app.INSTANCE was made in init") for note in notes)
