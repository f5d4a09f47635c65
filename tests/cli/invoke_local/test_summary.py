import pytest

from lambdakit.cli.invoke_local.summary import sum_up
from lambdakit.emulator import Outcome, Report


def outcome(*, duration: float = 10, init: float | None = None, used: int = 50) -> Outcome:
    report = Report(
        request_id="id",
        duration_ms=duration,
        memory_size_mb=128,
        max_memory_used_mb=used,
        init_duration_ms=init,
        is_cold=init is not None,
    )
    return Outcome(payload=b"1", error_type=None, phase="invoke", report=report)


def lines(capsys: pytest.CaptureFixture[str], *outcomes: Outcome) -> list[str]:
    sum_up(outcomes, outcomes[-1], "arm64")
    return capsys.readouterr().err.splitlines()


def test_one_invocation_has_its_cost_alone(capsys: pytest.CaptureFixture[str]) -> None:
    [cost] = lines(capsys, outcome(used=128))
    assert cost == "cost: 0.22 USD for a million requests of 10 ms billed at 128 MB on arm64"


def test_several_have_their_durations_too(capsys: pytest.CaptureFixture[str]) -> None:
    _, cold, warm = lines(capsys, outcome(init=200), outcome(duration=5), outcome(duration=7))
    assert cold == "cold: 10.00 ms and init 200.00 ms"
    assert warm == "warm: median 6.00 ms, p99 7.00 ms, max 7.00 ms, 2 requests"


def test_more_memory_than_the_function_has_is_noted_with_the_most_that_any_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    note, *_ = lines(capsys, outcome(used=90), outcome(used=300), outcome(used=129))
    assert note == "note: the function used 300 MB of its 128 MB; Lambda would have ended it"
