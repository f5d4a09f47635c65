from dataclasses import replace

from lambdakit.emulator.runtime.failure import Failure, judge_init
from lambdakit.emulator.runtime.runtime import Ending
from lambdakit.emulator.runtime_api.answer import Answer, error_body

_BEFORE_FAILED = 64


def judge_snapshot(ending: Ending, *, request_id: str, limit: float, posted: Answer | None) -> Failure | None:
    """Say why no snapshot could be taken, or None; `posted` is what the runtime reported."""
    failure = judge_init(ending, request_id=request_id, limit=limit, posted=posted)
    if failure is not None and posted is not None and ending.exit_code == _BEFORE_FAILED:
        return replace(failure, error_type="Runtime.BeforeSnapshotError")
    return failure


def judge_restore(ending: Ending, *, request_id: str, limit: float, posted: Answer | None) -> Failure | None:
    """Say why the restore failed, or None.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    if ending.cause == "time-out":
        error_type = "Runtime.RestoreHookUserTimeout"
        message = f"RequestId: {request_id} Error: the hooks after the restore took more than {limit:.2f} seconds"
        return Failure(
            answer=Answer(error_body(error_type, message), error_type), error_type=error_type, status="timeout"
        )
    failure = judge_init(ending, request_id=request_id, limit=limit, posted=posted)
    return replace(failure, error_type="Runtime.AfterRestoreError") if failure and posted else failure
