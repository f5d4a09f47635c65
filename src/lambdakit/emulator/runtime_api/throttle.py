import asyncio
import time
from collections.abc import Awaitable, Callable

_BURST = 6 * 1024 * 1024
_RATE = 2 * 1024 * 1024


class Throttle:
    """Slows a streamed response down as AWS does: 6 MiB at full speed, then 2 MiB a second.

    `clock` returns seconds, `sleep` waits for some.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._left = float(_BURST)
        self._seen = clock()

    async def take(self, size: int) -> None:
        """Wait until `size` more bytes may pass."""
        now = self._clock()
        self._left = min(self._left + (now - self._seen) * _RATE, _BURST) - size
        self._seen = now
        if self._left < 0:
            await self._sleep(-self._left / _RATE)
