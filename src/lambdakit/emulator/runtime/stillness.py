import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lambdakit.emulator.runtime.runtime import Runtime
from lambdakit.emulator.runtime.threads import Activity, count_threads, find_live_threads

# A stop reaches each thread by itself, some a moment later.
_PAUSE = 0.02
_LEAST_SEEN = 3


@dataclass
class _Sightings:
    looks: int
    seen: int = 0

    @property
    def is_sure(self) -> bool:
        return self.seen >= _LEAST_SEEN and 2 * self.seen > self.looks


class StillnessWatch:
    """Notes once, of an environment that is frozen, which work stands still with it.

    The look at its threads comes a moment after the freeze, so that it costs nothing where one invocation follows the
    other; `finish` makes up for it.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._has_noted_children = False
        self._has_noted_threads = False
        self._pending: asyncio.TimerHandle | None = None
        self._runtime: Runtime | None = None
        self._computing: dict[int, _Sightings] = {}

    def begin(self, runtime: Runtime, *, children: int) -> None:
        """Take notice of a freeze, and of the children that had not ended."""
        if children and not self._has_noted_children:
            self._has_noted_children = True
            self._write(f"child processes of the function ({children}) stand", "let them end")
        if not self._has_noted_threads:
            self._runtime = runtime
            self._pending = asyncio.get_running_loop().call_later(_PAUSE, self._look)

    def end(self) -> None:
        """Take notice that the environment is about to be thawed."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    async def finish(self) -> None:
        """Look at threads that have not been looked at since the last freeze."""
        if self._is_due() and self._runtime is not None and count_threads(self._runtime.process_id):
            await asyncio.sleep(_PAUSE)
            if self._is_due():
                self._look()
        self.end()

    def _is_due(self) -> bool:
        return self._pending is not None

    def _look(self) -> None:
        self.end()
        if self._runtime is None or self._runtime.has_ended:
            return
        found = Counter(self._sift(find_live_threads(self._runtime.process_id)))
        if found:
            self._has_noted_threads = True
            what = ", ".join(f"{number} {activity}" for activity, number in sorted(found.items()))
            self._write(f"threads of the function ({what}) stand", "let them finish")

    def _sift(self, found: Mapping[int, Activity]) -> list[Activity]:
        """Return what is sure: a thread that computes has to be seen so at most of several looks."""
        for earlier in self._computing.values():
            earlier.looks += 1
        for thread in (thread for thread, activity in found.items() if activity == "computing"):
            self._computing.setdefault(thread, _Sightings(looks=1)).seen += 1
        return [
            activity for thread, activity in found.items() if activity != "computing" or self._computing[thread].is_sure
        ]

    def _write(self, what: str, fix: str) -> None:
        stands = f"lambdakit: {what} still with it until the next invocation"
        self._note(
            f"{stands}; what they do would not run on Lambda meanwhile. "
            f"Fix: {fix} before the handler returns, or hand the work to a queue"
        )
