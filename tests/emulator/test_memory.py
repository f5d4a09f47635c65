import json
from pathlib import Path

from tests.emulator.functions import configure, invoke

TAKING = """
    import os, time
    taken = []
    def handler(event, context):
        taken.append(b"x" * event * 1024 * 1024)
        time.sleep(0.5)
        return "fits"
"""


def test_a_function_that_takes_too_much_memory_is_killed(tmp_path: Path) -> None:
    run = invoke(configure(tmp_path, TAKING, timeout=60), b"20", b"300", b"20")
    fits, too_much, afterwards = run.outcomes
    request_id = too_much.report.request_id
    assert (fits.payload, afterwards.payload) == (b'"fits"', b'"fits"')
    assert json.loads(too_much.payload) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }
    assert (too_much.report.status, too_much.report.error_type) == ("error", "Runtime.OutOfMemory")
    assert too_much.report.duration_ms < 30_000
    assert afterwards.report.is_cold


def test_memory_that_children_share_is_counted_once(tmp_path: Path) -> None:
    source = """
        import os, time
        taken = b"x" * 60 * 1024 * 1024
        def handler(event, context):
            children = []
            for _ in range(3):
                child = os.fork()
                if child == 0:
                    time.sleep(1)
                    os._exit(0)
                children.append(child)
            return [os.waitpid(child, 0)[1] for child in children]
    """
    [outcome] = invoke(configure(tmp_path, source, timeout=60, memory=160)).outcomes
    assert outcome.payload == b"[0, 0, 0]"


def test_a_function_without_a_limit_may_take_more(tmp_path: Path) -> None:
    [outcome] = invoke(configure(tmp_path, TAKING, timeout=60, limits_memory=False), b"300").outcomes
    assert outcome.payload == b'"fits"'
    assert outcome.report.max_memory_used_mb > 300
