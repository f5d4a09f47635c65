import json
import signal
from dataclasses import dataclass
from typing import Literal

from lambdakit.emulator.logs.lines import time_out_line
from lambdakit.emulator.runtime.runtime import Ending
from lambdakit.emulator.runtime_api.api import Answer
from lambdakit.emulator.runtime_api.extensions import ExtensionFailure


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why an environment broke off a phase, in the words that AWS uses for it; `lines` go to the log."""

    answer: Answer
    error_type: str
    status: Literal["error", "timeout"] = "error"
    lines: tuple[str, ...] = ()


def judge_init(ending: Ending, *, request_id: str, limit: float, posted: Answer | None) -> Failure | None:
    """Say why init failed, or None; what the runtime posted about it says more than how its process ended."""
    if ending.cause == "ready":
        return None
    if ending.extension is not None:
        return _describe_extension(request_id, ending.extension)
    if posted is not None:
        return Failure(answer=posted, error_type=posted.error_type or "Runtime.Unknown")
    return _describe_exit(request_id, ending) if ending.cause == "exit" else _describe_time_out(request_id, limit)


def judge_invocation(ending: Ending, *, request_id: str, limit: float) -> Failure | None:
    """Say why the environment could not end the invocation, or None; an error that the function raised is no reason."""
    if ending.cause == "ready":
        return None
    if ending.extension is not None:
        return _describe_extension(request_id, ending.extension)
    if ending.cause in {"exit", "worker"}:
        return _describe_exit(request_id, ending)
    # Lambda ends this line with two newlines.
    return _describe_time_out(request_id, limit, time_out_line(request_id, limit), "")


def _describe_time_out(request_id: str, seconds: float, *lines: str) -> Failure:
    error_type = "Sandbox.Timedout"
    answer = _answer(error_type, f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds")
    return Failure(answer=answer, error_type=error_type, status="timeout", lines=lines)


def _describe_exit(request_id: str, ending: Ending) -> Failure:
    error_type = "Runtime.OutOfMemory" if ending.is_out_of_memory else "Runtime.ExitError"
    message = f"RequestId: {request_id} Error: Runtime exited {_reason(ending.exit_code)}"
    return Failure(answer=_answer(error_type, message), error_type=error_type, lines=(message, error_type))


def _describe_extension(request_id: str, extension: ExtensionFailure) -> Failure:
    cause = extension.cause if isinstance(extension.cause, str) else f"it exited {_reason(extension.cause)}"
    message = f"RequestId: {request_id} Error: extension {extension.name}: {cause}"
    error_type = extension.error_type
    return Failure(answer=_answer(error_type, message), error_type=error_type, lines=(message, error_type))


def _reason(code: int) -> str:
    if code == 0:
        return "without providing a reason"
    if code > 0:
        return f"with error: exit status {code}"
    return f"with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"


def _answer(error_type: str, message: str) -> Answer:
    body = {"errorType": error_type, "errorMessage": message}
    return Answer(json.dumps(body, separators=(",", ":")).encode(), error_type)
