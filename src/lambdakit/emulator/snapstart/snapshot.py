import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Self

from lambdakit.emulator.launching.place import Place
from lambdakit.emulator.runtime.failure import Failure
from lambdakit.emulator.runtime.runtime import Ending
from lambdakit.emulator.runtime_api.restoring import Credentials
from lambdakit.emulator.snapstart.holder import Holder
from lambdakit.emulator.snapstart.judging import judge_snapshot
from lambdakit.emulator.snapstart.restored import Restored
from lambdakit.errors import EnvironmentFault, UserError

RESTORE_LIMIT = 10.0
"""Seconds that a restore and its hooks may take.

Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""


class Snapshot:
    """A function after its init, from which any number of environments go on.

    `ending` says how init ended, `holder` is the process it ended in; `warnings` are what was found that does not work
    after a restore, one a line.
    """

    def __init__(self, place: Place, holder: Holder, credentials: Credentials, ending: Ending) -> None:
        self.ending = ending
        self.warnings = list(holder.control.findings)
        self._place = place
        self.holder = holder
        self._credentials = credentials
        self._is_examined = False
        self._restored: set[Restored] = set()

    @classmethod
    @asynccontextmanager
    async def create(cls, place: Place, *, log: Callable[[str], None]) -> AsyncGenerator[Self]:
        """Run the function's init and take the snapshot; leaving kills it and all that was restored from it.

        Raises:
            UserError: This machine cannot take one.
            EnvironmentFault: The machine refuses to start the process.
        """
        if sys.platform != "linux":
            fix = "leave SnapStart out here; the hooks can be tested by themselves"
            raise UserError("SnapStart is emulated on Linux alone", fix=fix)
        credentials = Credentials()
        holder = await Holder.take(place, credentials, log=log)
        try:
            ending = await holder.finish_snapshot(cls.limit(place))
            if ending.cause != "ready":
                holder.kill()
            snapshot = cls(place, holder, credentials, ending)
            try:
                yield snapshot
            finally:
                await snapshot.stop_restored()
        finally:
            await holder.stop("SPINDOWN")

    @staticmethod
    def limit(place: Place) -> float:
        """Return how many seconds init may take: longer than on demand, as it runs once."""
        return place.configuration.init_limit

    @property
    def is_usable(self) -> bool:
        """Whether environments can be restored from it: init went well, and the process that holds it lives."""
        return self.ending.cause == "ready" and not self.holder.has_ended and not self.holder.control.is_closed

    def judge(self, request_id: str) -> Failure | None:
        """Say why there is no snapshot, or None."""
        posted = self.holder.api.init_error
        return judge_snapshot(self.ending, request_id=request_id, limit=self.limit(self._place), posted=posted)

    async def restore(self, *, log: Callable[[str], None]) -> Restored:
        """Restore an environment's runtime, whose `finish_restore` and `stop` have to follow.

        The first one says in its `warnings` what it shares with all others. EnvironmentFault when there is no snapshot.
        """
        if self.ending.cause != "ready":
            raise EnvironmentFault("there is no snapshot to restore, init failed")
        is_examined, self._is_examined = not self._is_examined, True
        restored = await Restored.restore(self._place, self.holder, self._credentials, log=log, is_examined=is_examined)
        self._restored.add(restored)
        restored.on_stop(lambda: self._restored.discard(restored))
        return restored

    async def stop_restored(self) -> None:
        """End all that was restored and not stopped."""
        await asyncio.gather(*(each.stop("SPINDOWN") for each in self._restored))
