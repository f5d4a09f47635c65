import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an invocation took; the fields are those of the REPORT line.

    `status` speaks of the environment: a function that raises has "success", one whose process ended or ran into a
    time limit has not, even when it had answered before. `is_cold` says that a runtime was started for it:
    `init_duration_ms` is that of the environment's init phase, an init inside the invocation is part of `duration_ms`.
    Of a restore, the hooks and what the runtime does around them are billed.
    """

    request_id: str
    duration_ms: float
    memory_size_mb: int
    max_memory_used_mb: int
    init_duration_ms: float | None = None
    restore_duration_ms: float | None = None
    billed_restore_duration_ms: int = 0
    status: Literal["success", "error", "timeout"] = "success"
    error_type: str | None = None
    is_cold: bool = False

    @property
    def billed_duration_ms(self) -> int:
        """Whole milliseconds that AWS would bill: the invocation and, on a cold start, its init or its restore."""
        return math.ceil(self.duration_ms + (self.init_duration_ms or 0.0) + self.billed_restore_duration_ms)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one invocation came to.

    `payload` is the function's JSON, or the JSON of the error; `error_type` is None when the function succeeded.
    With `is_streamed`, `payload` is all that the function streamed: for HTTP a prelude and the body.
    A caller on AWS sees an `X-Amz-Function-Error` header where `failed` is true.
    """

    payload: bytes
    error_type: str | None
    phase: Literal["init", "restore", "invoke"]
    report: Report
    is_streamed: bool = False

    @property
    def failed(self) -> bool:
        """Whether the caller gets an error."""
        return self.error_type is not None
