import os
import runpy
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .holding import Holder

_ADDRESS = "AWS_LAMBDA_RUNTIME_API"


def main() -> None:
    """Start the runtime, with its wait for the restore replaced by ours and nothing else changed."""
    _, name, control, argument = sys.argv
    control_end = socket.socket(fileno=int(control))
    # A process that the function starts must not keep the other end waiting for ours to close.
    control_end.set_inheritable(False)
    holder = Holder(control_end, int(os.environ["_LAMBDA_TELEMETRY_LOG_FD"]))
    if name == "lambdakit":
        _run_lambdakit(holder, argument)
    else:
        _run_awslambdaric(holder, argument)


def _run_awslambdaric(holder: Holder, handler: str) -> None:
    client = import_module("awslambdaric.lambda_runtime_client")
    stand_in = import_module("runtime_client")

    def restore_next(self: Any) -> None:
        holder.hold(import_module("snapshot_restore_py").register_after_restore)
        self.lambda_runtime_address = os.environ[_ADDRESS]
        stand_in.point(self.lambda_runtime_address)

    client.BaseLambdaRuntimeClient.restore_next = restore_next
    # As `python -m` has them.
    sys.path[0] = str(Path.cwd())
    sys.argv[:] = ["awslambdaric", handler]
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


def _run_lambdakit(holder: Holder, folder: str) -> None:
    # As the wrapper script has them.
    sys.path[:] = [folder, *filter(None, sys.path)]
    sys.argv[:] = ["lambdakit.runtime"]
    snapshot = import_module("lambdakit.runtime.snapshot")

    def restore_next(connection: Any) -> None:
        connection.close()
        holder.hold(import_module("lambdakit.coldstart").after_restore)
        connection.address = os.environ[_ADDRESS]

    snapshot.restore_next = restore_next  # type: ignore[attr-defined]
    import_module("lambdakit.runtime.__main__").main()
