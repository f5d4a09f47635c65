import os
import runpy
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_ADDRESS = "AWS_LAMBDA_RUNTIME_API"

Hold = Callable[[Callable[[Callable[[], None]], Any]], None]
"""Waits for a restore; takes what registers a hook after it."""


def main() -> None:
    """Start the runtime, with its wait for the restore replaced by ours and nothing else changed."""
    _, name, control, argument = sys.argv
    # A process that the function starts must not keep the other end waiting for ours to close.
    os.set_inheritable(int(control), False)  # noqa: FBT003 (the only way to say it)
    log_descriptor = int(os.environ["_LAMBDA_TELEMETRY_LOG_FD"])

    def hold(register_hook: Callable[[Callable[[], None]], Any]) -> None:
        moment = time.perf_counter()
        from .holding import Holder  # noqa: PLC0415 (init must find no more modules loaded than on AWS)

        Holder(int(control), log_descriptor).hold(register_hook, moment)

    (_run_lambdakit if name == "lambdakit" else _run_awslambdaric)(hold, argument)


def _run_awslambdaric(hold: Hold, handler: str) -> None:
    client = import_module("awslambdaric.lambda_runtime_client")
    stand_in = import_module("runtime_client")

    def restore_next(self: Any) -> None:
        hold(import_module("snapshot_restore_py").register_after_restore)
        self.lambda_runtime_address = os.environ[_ADDRESS]
        stand_in.point(self.lambda_runtime_address)

    client.BaseLambdaRuntimeClient.restore_next = restore_next
    # As `python -m` has them.
    sys.path[0] = str(Path.cwd())
    sys.argv[:] = ["awslambdaric", handler]
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


def _run_lambdakit(hold: Hold, folder: str) -> None:
    # As the wrapper script has them.
    sys.path[:] = [folder, *filter(None, sys.path)]
    sys.argv[:] = ["lambdakit.runtime"]
    snapshot = import_module("lambdakit.runtime.snapshot")

    def restore_next(connection: Any) -> None:
        connection.close()
        hold(import_module("lambdakit.coldstart").after_restore)
        connection.address = os.environ[_ADDRESS]

    snapshot.restore_next = restore_next  # type: ignore[attr-defined]
    import_module("lambdakit.runtime.__main__").main()
