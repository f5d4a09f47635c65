import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self

from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.limits.memory import MemoryWatch, watch_memory
from lambdakit.emulator.logs.output import Output
from lambdakit.emulator.processes.control_group import ControlGroup
from lambdakit.emulator.processes.process import ProcessGroup, start_process
from lambdakit.emulator.runtime.runtime import Ending, Runtime
from lambdakit.emulator.runtime_api.api import RuntimeApi
from lambdakit.emulator.runtime_api.extensions import ShutdownReason
from lambdakit.emulator.runtime_api.restoring import Credentials
from lambdakit.emulator.snapstart.control import Control
from lambdakit.emulator.snapstart.starting import MARK, make_command, make_variables


class Holder(Runtime):
    """The process that runs init, takes the snapshot and holds it; `mark` is the value of its mark."""

    def __init__(
        self,
        processes: ProcessGroup,
        api: RuntimeApi,
        output: Output,
        *,
        control: Control,
        mark: str,
        memory: MemoryWatch,
        stack: AsyncExitStack,
    ) -> None:
        super().__init__(processes, api, output, memory=memory, stack=stack)
        self.control = control
        self.mark = mark

    @classmethod
    async def take(cls, place: Place, credentials: Credentials, *, log: Callable[[str], None]) -> Self:
        """Start it; EnvironmentFault when the machine refuses."""
        mark, configuration = secrets.token_hex(16), place.configuration
        # What is restored from it would stay in a group of its own.
        group = ControlGroup((), wanted=())
        async with AsyncExitStack() as stack:
            output = stack.enter_context(Output(log))
            api = await stack.enter_async_context(make_api(place, credentials))
            control = stack.enter_context(Control())
            processes = await start_process(
                make_command(place, group, control=control.descriptor),
                variables=make_variables(
                    place,
                    runtime_api=api.address,
                    log_descriptor=output.descriptor,
                    mark=mark,
                    credentials=credentials,
                ),
                mark=MARK,
                folder=configuration.task_root,
                output=output.descriptor,
                descriptors=[control.descriptor],
            )
            output.release()
            control.hand_over(processes)
            memory = watch_memory(processes, group, configuration)
            return cls(processes, api, output, control=control, mark=mark, memory=memory, stack=stack.pop_all())

    async def finish_snapshot(self, limit: float | None) -> Ending:
        """Wait until the snapshot is taken, the process ends, or it is `limit` seconds old."""
        return await self._finish_phase(self._began, self.control.taken, limit)

    async def stop(self, reason: ShutdownReason) -> None:
        """Kill it and all that was restored from it; nothing of a snapshot is asked to shut down."""
        self.kill()
        await super().stop(reason)


def make_api(place: Place, credentials: Credentials) -> RuntimeApi:
    """Return a Runtime API with what SnapStart adds to it."""
    configuration = place.configuration
    return RuntimeApi(
        function_name=configuration.name, handler=configuration.handler, has_snapshot=True, credentials=credentials
    )
