"""The declaration in the words of the emulator."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from lambdakit import settings
from lambdakit.operations.targets.target import Target

if TYPE_CHECKING:
    from lambdakit.emulator import FunctionConfiguration

RuntimeName = Literal["awslambdaric", "lambdakit"]
"""What runs the handler: the client that AWS runs, or the toolkit's own."""


def configure(
    target: Target, *, runtime: RuntimeName, variables: Mapping[str, str] | None = None, **instead: Any
) -> "FunctionConfiguration":
    """Return what the emulator has to know to run a function.

    Args:
        target: The function, as it is declared.
        runtime: What runs it.
        variables: Environment variables beside the declared ones; they win.
        instead: Other fields of `FunctionConfiguration`; None leaves the declared value.

    Raises:
        UserError: A value that Lambda would refuse.
    """
    # The emulator takes longer to import than all the rest; what only asks for a target does not wait for it.
    from lambdakit.emulator import FunctionConfiguration  # noqa: PLC0415

    function = target.function
    declared: dict[str, Any] = {
        "handler": function.handler,
        "task_root": target.root,
        "name": function.name,
        "memory": function.memory,
        "timeout": function.timeout,
        "extensions": target.root / function.extensions if function.extensions else None,
        "max_concurrency": function.max_concurrency,
        "log_format": function.log_format,
        "log_level": function.log_level,
        "system_log_level": function.system_log_level,
    }
    changed = {name: value for name, value in instead.items() if value is not None}
    whole = {**_streaming(target, runtime), **function.environment, **(variables or {})}
    return FunctionConfiguration(**{**declared, **changed}, runtime=runtime, variables=whole)


def _streaming(target: Target, runtime: RuntimeName) -> dict[str, str]:
    """Say what the infrastructure says: which event source takes a stream."""
    return {settings.STREAMING: target.via} if target.is_streaming and runtime == "lambdakit" else {}
