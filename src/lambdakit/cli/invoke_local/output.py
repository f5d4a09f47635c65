"""What `invoke-local` prints: the answer on standard output, all else on standard error."""

import math
import os
import sys
from collections.abc import Sequence
from http import HTTPStatus
from statistics import median

import typer

from lambdakit.errors import OptionError
from lambdakit.events import Response

_BROKEN_PIPE = 141


def log(line: str) -> None:
    """Write a line to standard error, if there is one."""
    if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] (None where it is closed)
        sys.stderr.write(line + "\n")


def print_json(payload: bytes) -> None:
    """Write a JSON document and a newline."""
    write(payload if payload.endswith(b"\n") else payload + b"\n")


def print_response(response: Response, *, include: bool) -> None:
    """Write a body byte by byte, after status and headers with `include`.

    A newline follows where the log would otherwise go on in the same line: on a terminal, and with `2>&1`.
    """
    write((_head(response) if include else b"") + response.body)
    if not response.body.endswith(b"\n") and (sys.stdout.isatty() or _is_shared_with_the_log()):
        write(b"\n")


def _is_shared_with_the_log() -> bool:
    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (AttributeError, OSError):
        return False


def _head(response: Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}".encode()]
    lines += [name + b": " + value for name, value in response.headers]
    return b"\r\n".join([*lines, b"", b""])


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def write(content: bytes) -> None:
    """Write bytes to standard output at once; OptionError when it cannot be written, Exit when nobody reads it."""
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] (None where it is closed)
        raise OptionError("standard output is closed", where="the shell", fix="leave it open, or send it to a file")
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        # The reader has gone, as `head` does. What is still buffered must not fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from error
    except OSError as error:
        what = f"standard output cannot be written: {error.strerror}"
        raise OptionError(what, where="the shell", fix="send it elsewhere") from error


def print_head(response: Response) -> None:
    """Write the status and headers of a response."""
    write(_head(response))


def log_status(response: Response, size: int | None = None) -> None:
    """Write one line with status, content type and size of a response; `size` is that of a body that was streamed."""
    content_type = dict(response.headers).get(b"content-type", b"no content type").decode("latin-1")
    log(f"HTTP {response.status} {content_type} {len(response.body) if size is None else size} bytes")


def log_durations(cold: Sequence[tuple[float, float | None]], warm: Sequence[float], *, start: str = "init") -> None:
    """Write how long invocations took, in milliseconds: cold ones, each perhaps with its `start`, and warm ones."""
    for duration, milliseconds in cold[:1]:
        init = f" and {start} {milliseconds:.2f} ms" if milliseconds is not None else ""
        others = f", the slowest of {len(cold)} {max(each for each, _ in cold):.2f} ms" if len(cold) > 1 else ""
        log(f"cold: {duration:.2f} ms{init}{others}")
    if warm:
        log(
            f"warm: median {median(warm):.2f} ms, p99 {_percentile(warm, 99):.2f} ms, max {max(warm):.2f} ms, "
            f"{len(warm)} requests"
        )


def _percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
