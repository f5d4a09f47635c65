from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.interpreter import Interpreter
from lambdakit.emulator.launching.isolation import forget_shell, isolate
from lambdakit.emulator.launching.starting import start_command
from lambdakit.emulator.launching.variables import NOT_FOR_EXTENSIONS, build_variables
from lambdakit.emulator.logs.platform_events import Origin
from lambdakit.emulator.processes.control_group import ControlGroup

_EXTENSION_FOLDER = Path("/")
STAND_IN = Path(__file__).with_name("runtime_client")
"""The folder that has AWS's native client in pure Python."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What outlasts the runtime processes of one environment: where and how each is started."""

    configuration: FunctionConfiguration
    interpreter: Interpreter
    scratch: Path
    log_stream: str
    is_isolated: bool

    @property
    def origin(self) -> Origin:
        """What Lambda's own records of a start tell about the environment."""
        return Origin(
            function_name=self.configuration.name,
            python_version=self.interpreter.version,
            region=self.configuration.region,
            initialization_type=self.configuration.initialization_type,
        )

    def command(self, group: ControlGroup) -> list[str]:
        """Return the command that starts the runtime in a group, with its own /tmp and read-only code if possible."""
        return self.enclose(start_command(self.configuration), group)

    def extension_command(self, path: Path, group: ControlGroup) -> list[str]:
        """Return the command that starts an extension beside the runtime."""
        return self.enclose([str(path)], group, folder=_EXTENSION_FOLDER)

    def enclose(
        self, command: list[str], group: ControlGroup, *, folder: Path | None = None, visible: Iterable[Path] = ()
    ) -> list[str]:
        """Return the command that runs another one so, in a folder or in that of the code.

        It needs the folders that are `visible`.
        """
        folder = folder or self.configuration.task_root
        if self.is_isolated:
            return group.enter(self._isolate(command, folder, visible))
        return group.enter([*forget_shell(folder), *command]) if group.controllers else command

    def _isolate(self, command: list[str], folder: Path, visible: Iterable[Path]) -> list[str]:
        own = [each for each in (self.configuration.task_root, self.configuration.extensions) if each is not None]
        folders = self.interpreter.folders
        read_only = [*own, *(each for each in folders if not each.is_relative_to(self.interpreter.base))]
        visible = [*folders, STAND_IN, *visible]
        return isolate(command, scratch=self.scratch, working_folder=folder, read_only=read_only, visible=visible)

    def extension_variables(self, *, runtime_api: str) -> dict[str, str]:
        """Return the whole environment of an extension: the runtime's without what is meant for that alone."""
        variables = self.variables(runtime_api=runtime_api, log_descriptor=0)
        kept = {name: value for name, value in variables.items() if name not in NOT_FOR_EXTENSIONS}
        return {**kept, "PWD": str(_EXTENSION_FOLDER)}

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
