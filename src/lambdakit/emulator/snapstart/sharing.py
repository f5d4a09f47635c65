import asyncio
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.launching.settling import settle
from lambdakit.emulator.logs import platform_events
from lambdakit.emulator.logs.journal import Journal, Record
from lambdakit.emulator.snapstart.snapshot import Snapshot

_UNSUPPORTED = ("3.11",)
"""Versions without SnapStart. Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


class Snapshots:
    """Has the snapshot that a function's environments are restored from: takes it when the first of them needs it.

    One that failed, or whose process has ended, is taken again. `log` and `keep` get what is logged meanwhile.
    """

    def __init__(
        self,
        configuration: FunctionConfiguration,
        *,
        log: Callable[[str], None],
        keep: Callable[[Record], None] | None = None,
    ) -> None:
        self._configuration = configuration
        self._journal = Journal(configuration.name, log, keep, configuration.log_settings)
        self._turn = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._snapshot: Snapshot | None = None

    async def obtain(self) -> Snapshot:
        """Return the snapshot, or one that failed now.

        Raises:
            UserError: The settings cannot work on this machine.
            EnvironmentFault: The machine refuses to start the process.
        """
        async with self._turn:
            if self._snapshot is None or not self._snapshot.is_usable:
                await self._discard()
                self._snapshot = await self._take()
            return self._snapshot

    async def close(self) -> None:
        """Give the snapshot up; what was restored from it ends."""
        async with self._turn:
            await self._discard()

    async def _discard(self) -> None:
        self._snapshot = None
        await self._stack.aclose()

    async def _take(self) -> Snapshot:
        # Each environment has said already what differs from AWS here.
        place = await settle(self._configuration, lambda _: None)
        self._stack.callback(shutil.rmtree, place.scratch, ignore_errors=True)
        self._journal.stream = place.log_stream
        if place.interpreter.version in _UNSUPPORTED:
            self._journal.write_platform("lambdakit: on AWS SnapStart needs Python 3.12 or newer")
        self._journal.write_event(platform_events.init_start(place.origin, "init"))
        create = Snapshot.create(place, log=self._journal.write_function)
        snapshot = await self._stack.enter_async_context(create)
        self._describe(place, snapshot)
        return snapshot

    def _describe(self, place: Place, snapshot: Snapshot) -> None:
        failure, milliseconds = snapshot.judge(place.log_stream), snapshot.ending.milliseconds
        status, error_type = ("success", None) if failure is None else (failure.status, failure.error_type)
        done = platform_events.init_runtime_done(place.origin, "init", status, error_type)
        self._journal.write_event(done)
        report = platform_events.init_report(place.origin, "init", status, error_type, milliseconds)
        self._journal.write_event(report)
        if failure is None:
            self._journal.write_platform(f"lambdakit: the snapshot was taken after {milliseconds:.2f} ms of init")
        for warning in snapshot.warnings:
            self._journal.write_platform(f"lambdakit: {warning}")
