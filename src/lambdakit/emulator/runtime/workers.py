import asyncio

import psutil

from lambdakit.emulator.processes.family import list_children

_PAUSE, _LOOKS = 0.01, 50


class Workers:
    """The worker processes of a Managed Instance, where its runtime has any.

    AWS's runtime client starts one for each invocation at a time and none in place of one that has ended.
    """

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self._living: set[int] = set()
        self._lost = 0

    def look(self) -> None:
        """Take notice of those that there are, and of those that are gone."""
        known, self._living = self._living, {each for each in list_children(self._process_id) if _lives(each)}
        self._lost += len(known - self._living)

    async def blame(self) -> bool:
        """Say whether one has ended that nobody was told of, after its connection has; that takes it a moment."""
        for _ in range(_LOOKS):
            self.look()
            if self._lost:
                self._lost -= 1
                return True
            await asyncio.sleep(_PAUSE)
        return False


def _lives(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
