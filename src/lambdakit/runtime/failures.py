"""How a failure of the user's code is reported: the type, the message and the user's own part of the trace."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from traceback import FrameSummary, extract_tb, format_list

from lambdakit.runtime.client import Outcome, make_error
from lambdakit.runtime.connection import SPARE

_OWN_FOLDER = str(Path(__file__).parent)
_LARGEST_CAUSE = 65_536
"""Bytes of the cause that X-Ray takes, in one header."""


class ReportedError(Exception):
    """An error that is reported under a type of Lambda's own, such as `Runtime.MarshalError`."""

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        self.error_type = error_type
        self.message = message
        self.trace = trace or []
        super().__init__(message)


def describe(error: BaseException, request_id: str = "") -> Outcome:
    """Return the report of an exception.

    The body holds `errorMessage`, `errorType`, `requestId` and `stackTrace`, a list of texts, outermost call first,
    that begins with the user's code.
    """
    # Reading the lines of a trace takes a file descriptor, and the function may have used up all others.
    SPARE.release()
    try:
        return _describe(error, request_id)
    finally:
        SPARE.restore()


def _describe(error: BaseException, request_id: str) -> Outcome:
    frames = users_part(extract_tb(error.__traceback__))
    if isinstance(error, ReportedError):
        outcome = make_error(error.error_type, error.message, request_id, error.trace)
    elif isinstance(error, SystemExit):
        message = f"the handler called sys.exit({error.code!r}); return or raise instead"
        outcome = make_error("Runtime.ExitError", message, request_id, format_list(frames))
    else:
        outcome = make_error(type(error).__name__, _text_of(error), request_id, format_list(frames))
    return outcome._replace(xray_cause=_describe_cause(outcome.error_type or "", _text_of(error), frames))


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as inner:  # noqa: BLE001 (an exception's own __str__ may fail in any way)
        return f"its message cannot be shown: {type(inner).__name__}"


def users_part(frames: Sequence[FrameSummary]) -> list[FrameSummary]:
    """Return the frames from the first one on that is neither the runtime's nor the event loop's."""
    outer = [index for index, frame in enumerate(frames) if not _is_own(frame.filename)]
    return list(frames[outer[0] :] if outer else frames)


def _is_own(filename: str) -> bool:
    return filename.startswith((_OWN_FOLDER, "<frozen ", "<string>")) or "/asyncio/" in filename


def _describe_cause(error_type: str, message: str, frames: list[FrameSummary]) -> str:
    """Return the cause as X-Ray shows it, or nothing where it would be too large for a header."""
    stack = [{"label": frame.name, "path": frame.filename, "line": frame.lineno} for frame in frames]
    cause = json.dumps(
        {
            "working_directory": os.getcwd(),  # noqa: PTH109 (a text is wanted, and pathlib would not know another)
            "exceptions": [{"message": message, "type": error_type, "stack": stack}],
            "paths": sorted({frame.filename for frame in frames}),
        }
    )
    return cause if len(cause) < _LARGEST_CAUSE else ""
