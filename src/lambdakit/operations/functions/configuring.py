"""What the emulator has to know of a function."""

from collections.abc import Callable
from pathlib import Path

from lambdakit import settings
from lambdakit.emulator import FunctionConfiguration
from lambdakit.operations.functions.target import THIS_PYTHON, Runtime, Target
from lambdakit.operations.functions.variables import read_variables


def configure(
    target: Target,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    env_file: Path | None = None,
    debug_port: int | None = None,
    runtime: Runtime | None = None,
    snapstart: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> FunctionConfiguration:
    """Return what the emulator has to know: the declaration, with other values where there are any.

    `note` gets what is chosen for the user, and what differs on Lambda.

    Raises:
        UserError: A value that Lambda would refuse, or an `env_file` that cannot be used.
    """
    function = target.function
    _note_differences(target, runtime, note, has_snapshot=snapstart)
    runtime = runtime or _choose_runtime(target, note, is_debugged=debug_port is not None, has_snapshot=snapstart)
    return FunctionConfiguration(
        handler=function.handler,
        task_root=target.root,
        name=function.name,
        memory=function.memory if memory is None else memory,
        timeout=function.timeout if timeout is None else timeout,
        variables={
            **_streaming(target, runtime),
            **function.environment,
            **(read_variables(env_file) if env_file else {}),
        },
        debug_port=debug_port,
        runtime=runtime,
        extensions=target.root / function.extensions if function.extensions else None,
        snapstart=snapstart,
        max_concurrency=function.max_concurrency,
        log_format=function.log_format,
        log_level=function.log_level,
        system_log_level=function.system_log_level,
    )


def _note_differences(
    target: Target, runtime: Runtime | None, note: Callable[[str], None], *, has_snapshot: bool
) -> None:
    if has_snapshot and runtime == "lambdakit":
        note("whether SnapStart has run on AWS with the runtime lambdakit is said in docs/concepts/runtime.md")
    if target.python != THIS_PYTHON:
        note(f"on Lambda this function gets Python {target.python}, this run uses {THIS_PYTHON}")


def _choose_runtime(target: Target, note: Callable[[str], None], *, is_debugged: bool, has_snapshot: bool) -> Runtime:
    if not target.is_streaming or is_debugged:
        return "awslambdaric"
    if has_snapshot:
        note("with SnapStart AWS's own client serves the function, which does not stream, unless --runtime says so")
        return "awslambdaric"
    note("the function is declared with streaming = true, so the runtime lambdakit serves it")
    return "lambdakit"


def _streaming(target: Target, runtime: Runtime) -> dict[str, str]:
    """Say what the infrastructure says: which event source takes a stream."""
    return {settings.STREAMING: target.via} if target.is_streaming and runtime == "lambdakit" else {}
