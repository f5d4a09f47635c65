import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.processes.control_group import ControlGroup
from lambdakit.emulator.processes.process import ProcessGroup, start_process
from lambdakit.emulator.runtime_api.extensions import ExtensionFailure, Extensions, ShutdownReason

_MARK = "AWS_LAMBDA_RUNTIME_API"
"""The variable whose value an environment's extensions share with its runtime alone."""


class ExternalExtensions:
    """The extensions of an environment that are processes of their own beside the runtime.

    `start` makes one; `kill` has to follow. What fails of them is told by the Extensions API's `failed`.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    """

    def __init__(self, api: Extensions, groups: Mapping[str, ProcessGroup]) -> None:
        self._api = api
        self._groups = groups
        self._is_ending = False
        for name, group in groups.items():
            group.exited.add_done_callback(lambda exited, name=name: self._note_exit(name, exited))

    @classmethod
    async def start(cls, place: Place, api: Extensions, group: ControlGroup, *, address: str, output: int) -> Self:
        """Start all executables of the folder; EnvironmentFault when the machine refuses."""
        groups: dict[str, ProcessGroup] = {}
        try:
            await cls._start_all(place, api, group, groups, address=address, output=output)
        except BaseException:
            for started in groups.values():
                started.kill()
            raise
        return cls(api, groups)

    @staticmethod
    async def _start_all(
        place: Place,
        api: Extensions,
        group: ControlGroup,
        groups: dict[str, ProcessGroup],
        *,
        address: str,
        output: int,
    ) -> None:
        for path in list_extensions(place.configuration.extensions):
            if not os.access(path, os.X_OK):
                api.fail(ExtensionFailure(path.name, "Extension.LaunchError", f"permission denied: chmod +x {path}"))
                continue
            groups[path.name] = await start_process(
                place.extension_command(path, group),
                variables=place.extension_variables(runtime_api=address),
                mark=_MARK,
                folder=Path("/"),
                output=output,
            )

    def __bool__(self) -> bool:
        return bool(self._groups)

    @property
    def process_ids(self) -> list[int]:
        """The numbers of their first processes."""
        return [group.id for group in self._groups.values()]

    async def wait_until_registered(self, seconds: float | None) -> None:
        """Wait until all have registered, or one has failed; the runtime starts only then."""
        awaited: set[asyncio.Future[None] | asyncio.Future[ExtensionFailure]] = {self._api.registered, self._api.failed}
        await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def freeze(self) -> None:
        """Stop all until `thaw`."""
        for group in self._groups.values():
            group.freeze()

    def thaw(self) -> None:
        """Let all run again."""
        for group in self._groups.values():
            group.thaw()

    async def shut_down(self, reason: ShutdownReason, seconds: float) -> None:
        """Tell those that want to know it that the environment ends, and wait until they have ended."""
        self._is_ending = True
        self.thaw()
        self._api.shut_down(reason, time.time() + seconds)
        running = {group.exited for group in self._groups.values() if not group.exited.done()}
        if running:
            await asyncio.wait(running, timeout=seconds)

    def kill(self) -> None:
        """Kill all, now; needs no event loop."""
        self._is_ending = True
        for group in self._groups.values():
            group.kill()

    async def wait_until_gone(self, seconds: float) -> None:
        """Wait until all processes have been collected."""
        if self._groups:
            await asyncio.wait({group.exited for group in self._groups.values()}, timeout=seconds)

    def _note_exit(self, name: str, exited: asyncio.Future[int]) -> None:
        if not self._is_ending and not exited.cancelled():
            self._api.fail(ExtensionFailure(name, "Extension.Crash", exited.result()))


def list_extensions(folder: Path | None) -> list[Path]:
    """Return the files of a folder of extensions, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder is not None else []
