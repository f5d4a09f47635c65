"""What all invocations of a command came to: memory, cost and durations."""

from collections.abc import Sequence

from lambdakit.cli.invoke_local.output import log, log_durations
from lambdakit.emulator import Outcome
from lambdakit.operations.functions.cost import Architecture, cost_line


def sum_up(outcomes: Sequence[Outcome], last: Outcome, architecture: Architecture) -> None:
    """Log what the last invocation would cost and, of several, how long they took."""
    _note_memory(outcomes)
    log(cost_line(last.report, architecture))
    if len(outcomes) > 1:
        reports = [outcome.report for outcome in outcomes]
        is_restored = any(report.restore_duration_ms is not None for report in reports)
        cold = [
            (report.duration_ms, report.restore_duration_ms if is_restored else report.init_duration_ms)
            for report in reports
            if report.is_cold
        ]
        warm = [report.duration_ms for report in reports if not report.is_cold]
        log_durations(cold, warm, start="restore" if is_restored else "init")


def _note_memory(outcomes: Sequence[Outcome]) -> None:
    report = max((outcome.report for outcome in outcomes), key=lambda report: report.max_memory_used_mb)
    if report.max_memory_used_mb > report.memory_size_mb:
        used = f"{report.max_memory_used_mb} MB of its {report.memory_size_mb} MB"
        log(f"note: the function used {used}; Lambda would have ended it")
