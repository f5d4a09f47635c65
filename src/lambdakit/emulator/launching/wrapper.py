import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import lambdakit

OWN_WRAPPER: Final = Path(lambdakit.__file__).with_name("runtime") / "bootstrap"
"""The script that starts the toolkit's runtime."""

_VARIABLE = "AWS_LAMBDA_EXEC_WRAPPER"
_TASK_ROOT = Path("/var/task")
_OWN_IN_A_PACKAGE = "/lambdakit/runtime/bootstrap"


def find_foreign_wrapper(variables: Mapping[str, str]) -> str | None:
    """Return the wrapper script that a function names, unless it is the toolkit's own."""
    name = variables.get(_VARIABLE)
    return None if not name or name.endswith(_OWN_IN_A_PACKAGE) else name


def call_wrapper(variables: Mapping[str, str], task_root: Path) -> list[str]:
    """Return what comes before the command of a runtime: the function's wrapper script, or nothing without one.

    A script that cannot be started says so and ends with the exit status of a shell.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
    """
    name = variables.get(_VARIABLE)
    if not name:
        return []
    script = _locate(name, task_root)
    if not script.is_file():
        return _fail(f"{name} does not exist (looked for at {script})", status=127)
    if not os.access(script, os.X_OK):
        return _fail(f"{name} is not executable: chmod +x {script}", status=126)
    return [str(script)]


def _locate(name: str, task_root: Path) -> Path:
    """Return where a script is on this machine that has its place in the package, or in our package inside it."""
    if name.endswith(_OWN_IN_A_PACKAGE):
        return OWN_WRAPPER
    path = Path(name)
    return task_root / path.relative_to(_TASK_ROOT) if path.is_relative_to(_TASK_ROOT) else path


def _fail(message: str, *, status: int) -> list[str]:
    return ["/bin/sh", "-c", 'echo "$0"; exit "$1"', f"{_VARIABLE}: {message}", str(status)]
