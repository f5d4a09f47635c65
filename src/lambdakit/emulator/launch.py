from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import lambdakit
from lambdakit.emulator.configuration import FunctionConfiguration
from lambdakit.emulator.interpreter import Interpreter
from lambdakit.emulator.isolation import isolate
from lambdakit.emulator.variables import build_variables

STAND_IN = Path(__file__).with_name("runtime_client")
"""The folder that has AWS's native client in pure Python."""

_WRAPPER = Path(lambdakit.__file__).with_name("runtime") / "bootstrap"


@dataclass(frozen=True, kw_only=True)
class Place:
    """What outlasts the runtime processes of one environment: where and how each is started."""

    configuration: FunctionConfiguration
    interpreter: Interpreter
    scratch: Path
    log_stream: str
    is_isolated: bool

    def command(self) -> list[str]:
        """Return the command that starts the runtime, with its own /tmp and read-only code where that is possible."""
        return self.enclose(_start_command(self.configuration))

    def enclose(self, command: list[str], *, visible: Iterable[Path] = ()) -> list[str]:
        """Return a command with its own /tmp and read-only code where that is possible; it needs what is `visible`."""
        if not self.is_isolated:
            return command
        root, folders = self.configuration.task_root, self.interpreter.folders
        read_only = [root, *(folder for folder in folders if not folder.is_relative_to(self.interpreter.base))]
        visible = [*folders, STAND_IN, *visible]
        return isolate(command, scratch=self.scratch, working_folder=root, read_only=read_only, visible=visible)

    def variables(self, *, runtime_api: str, log_descriptor: int) -> dict[str, str]:
        """Return the process's whole environment."""
        variables = build_variables(
            self.configuration,
            python_version=self.interpreter.version,
            runtime_api=runtime_api,
            log_stream=self.log_stream,
            log_descriptor=log_descriptor,
        )
        if not self.is_isolated:
            variables.setdefault("TMPDIR", str(self.scratch))
        if self.configuration.runtime == "awslambdaric" and not self.interpreter.has_native_client:
            put_stand_in(variables)
        return variables


def put_stand_in(variables: dict[str, str]) -> None:
    """Let awslambdaric find the client in pure Python, before its native one."""
    variables["PYTHONPATH"] = ":".join(filter(None, [str(STAND_IN), variables.get("PYTHONPATH", "")]))


def _start_command(configuration: FunctionConfiguration) -> list[str]:
    if configuration.runtime == "lambdakit":
        # As Lambda calls a wrapper script: with the interpreter and the arguments of its own runtime.
        return [str(_WRAPPER), str(configuration.python), "/var/runtime/bootstrap.py"]
    python, start = str(configuration.python), ["-m", "awslambdaric", configuration.handler]
    if configuration.debug_port is None:
        return [python, *start]
    listen = ["--listen", f"127.0.0.1:{configuration.debug_port}", "--wait-for-client"]
    # The debugger cannot follow into frozen modules and says so at every start.
    return [python, "-Xfrozen_modules=off", "-m", "debugpy", *listen, *start]
