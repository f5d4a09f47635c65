"""What Lambda itself says about a function, in its text and in its JSON format.

Records: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
Levels: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from lambdakit.emulator.logs.levels import Level
from lambdakit.emulator.logs.lines import end_line, init_report_line, init_start_line, report_line, start_line
from lambdakit.emulator.outcome import Report

Phase = Literal["init", "invoke"]
Status = Literal["success", "error", "timeout"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class PlatformEvent:
    """One event of the platform.

    `kind` is its type in JSON without "platform.", `text` its line, None where the text format has none. `level` is
    the one by which Lambda filters JSON.
    """

    kind: str
    record: Mapping[str, object]
    text: str | None
    level: Level
    request_id: str | None = None
    has_failed: bool = False

    def json(self) -> str:
        """Return the event as one line of JSON, with the time of now."""
        content = {"time": _now(), "type": f"platform.{self.kind}", "record": self.record}
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the events of an environment's start tell about it."""

    function_name: str
    python_version: str
    region: str
    initialization_type: str = "on-demand"


def init_start(origin: Origin, phase: Phase) -> PlatformEvent:
    """Say that a runtime starts."""
    record = {
        "initializationType": origin.initialization_type,
        "phase": phase,
        "runtimeVersion": f"python:{origin.python_version}.local",
        "runtimeVersionArn": f"arn:aws:lambda:{origin.region}::runtime:local",
        "functionName": origin.function_name,
        "functionVersion": "$LATEST",
    }
    text = init_start_line(origin.python_version, origin.region)
    return PlatformEvent(kind="initStart", record=record, text=text, level="INFO")


def init_runtime_done(origin: Origin, phase: Phase, status: Status, error_type: str | None) -> PlatformEvent:
    """Say that the init of a runtime is over."""
    record = {"initializationType": origin.initialization_type, "phase": phase, **_result(status, error_type)}
    level: Level = "DEBUG" if status == "success" else "WARN"
    return PlatformEvent(kind="initRuntimeDone", record=record, text=None, level=level, has_failed=status != "success")


def init_report(
    origin: Origin, phase: Phase, status: Status, error_type: str | None, milliseconds: float
) -> PlatformEvent:
    """Sum an init up; in text Lambda writes nothing of a good one."""
    is_good = status == "success"
    record = {
        "initializationType": origin.initialization_type,
        "phase": phase,
        **_result(status, error_type),
        "metrics": {"durationMs": round(milliseconds, 3)},
    }
    text = None if is_good else init_report_line(milliseconds, status, error_type or "", phase=phase)
    level: Level = "WARN" if not is_good else "DEBUG" if origin.initialization_type == "on-demand" else "INFO"
    return PlatformEvent(kind="initReport", record=record, text=text, level=level, has_failed=not is_good)


def restore_start(origin: Origin, text: str) -> PlatformEvent:
    """Say that an environment is restored from a snapshot; `text` is the line for it."""
    record = {
        "runtimeVersion": f"python:{origin.python_version}.local",
        "runtimeVersionArn": f"arn:aws:lambda:{origin.region}::runtime:local",
        "functionName": origin.function_name,
        "functionVersion": "$LATEST",
    }
    return PlatformEvent(kind="restoreStart", record=record, text=text, level="INFO")


def restore_runtime_done(status: Status, error_type: str | None) -> PlatformEvent:
    """Say that the hooks after a restore are over."""
    level: Level = "DEBUG" if status == "success" else "WARN"
    record = _result(status, error_type)
    return PlatformEvent(
        kind="restoreRuntimeDone", record=record, text=None, level=level, has_failed=status != "success"
    )


def restore_report(status: Status, error_type: str | None, milliseconds: float, text: str) -> PlatformEvent:
    """Sum a restore up; `text` is the line for it."""
    record = {**_result(status, error_type), "metrics": {"durationMs": round(milliseconds, 3)}}
    is_good = status == "success"
    level: Level = "INFO" if is_good else "WARN"
    return PlatformEvent(kind="restoreReport", record=record, text=text, level=level, has_failed=not is_good)


def extension(name: str, events: Collection[str], *, is_ready: bool) -> PlatformEvent:
    """Say that an extension that runs beside the runtime has got through init, or how far it has got."""
    state = "Ready" if is_ready else "Registered"
    record = {"name": name, "state": state, "events": sorted(events)}
    text = f"EXTENSION\tName: {name}\tState: {state}\tEvents: [{', '.join(sorted(events))}]"
    level: Level = "INFO" if is_ready else "WARN"
    return PlatformEvent(kind="extension", record=record, text=text, level=level)


def start(request_id: str) -> PlatformEvent:
    """Say that an invocation starts."""
    record = {"requestId": request_id, "version": "$LATEST"}
    return PlatformEvent(kind="start", record=record, text=start_line(request_id), level="INFO", request_id=request_id)


def runtime_done(
    report: Report, *, duration_ms: float, produced_bytes: int, spans: Sequence[Mapping[str, str | float]] = ()
) -> PlatformEvent:
    """Say that a runtime is done with an invocation; in text that is its END."""
    record: dict[str, object] = {
        "requestId": report.request_id,
        **_result(report.status, report.error_type),
        "metrics": {"durationMs": round(duration_ms, 3), "producedBytes": produced_bytes},
        **({"spans": spans} if spans else {}),
    }
    is_good = report.status == "success"
    return PlatformEvent(
        kind="runtimeDone",
        record=record,
        text=end_line(report.request_id),
        level="DEBUG" if is_good else "WARN",
        request_id=report.request_id,
    )


def report(summary: Report) -> PlatformEvent:
    """Sum an invocation up."""
    metrics: dict[str, float] = {
        "durationMs": round(summary.duration_ms, 3),
        "billedDurationMs": summary.billed_duration_ms,
        "memorySizeMB": summary.memory_size_mb,
        "maxMemoryUsedMB": summary.max_memory_used_mb,
    }
    if summary.init_duration_ms is not None:
        metrics["initDurationMs"] = round(summary.init_duration_ms, 3)
    if summary.restore_duration_ms is not None:
        metrics["restoreDurationMs"] = round(summary.restore_duration_ms, 3)
        metrics["billedRestoreDurationMs"] = summary.billed_restore_duration_ms
    record = {
        "requestId": summary.request_id,
        "metrics": metrics,
        **_result(summary.status, summary.error_type),
    }
    is_good = summary.status == "success"
    return PlatformEvent(
        kind="report",
        record=record,
        text=report_line(summary),
        level="INFO" if is_good else "WARN",
        request_id=summary.request_id,
        has_failed=not is_good,
    )


def _result(status: Status, error_type: str | None) -> dict[str, str]:
    return {"status": status} if error_type is None else {"status": status, "errorType": error_type}
