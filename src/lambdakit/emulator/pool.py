import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager

from lambdakit.emulator.environment import Environment


class Member:
    """One environment of a pool; `running` is how many invocations have it now, `used` grows with each use."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.running = 0
        self.used = 0
        self.expiry: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()
        self._is_open = False

    async def open(self) -> Environment:
        """Return the environment, entered."""
        async with self._turn:
            if not self._is_open:
                await self.environment.__aenter__()
                self._is_open = True
        return self.environment

    async def close(self) -> None:
        """End the environment."""
        async with self._turn:
            if self._is_open:
                self._is_open = False
                await self.environment.__aexit__()


class Pool:
    """The environments of a function, each with room for `room` invocations at a time.

    Those that nobody used for `idle_seconds` end.
    """

    def __init__(self, make: Callable[[], Environment], *, room: int, idle_seconds: float) -> None:
        self._make = make
        self._room = room
        self._idle_seconds = idle_seconds
        self._members: list[Member] = []
        self._uses = 0
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._members)

    @property
    def running(self) -> int:
        """How many invocations run now."""
        return sum(each.running for each in self._members)

    @contextmanager
    def take(self) -> Generator[Member]:
        """Give room in the fullest environment that has some, among equals the one used last, or in a new one."""
        member = self._find()
        if member.expiry is not None:
            member.expiry.cancel()
            member.expiry = None
        self._uses += 1
        member.used = self._uses
        member.running += 1
        try:
            yield member
        finally:
            member.running -= 1
            if not member.running and member in self._members:
                member.expiry = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, member)

    def _find(self) -> Member:
        free = [each for each in self._members if each.running < self._room]
        if free:
            return max(free, key=lambda each: (each.running, each.used))
        member = Member(self._make())
        self._members.append(member)
        return member

    def _expire(self, member: Member) -> None:
        self._members.remove(member)
        task = asyncio.create_task(member.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def retire(self) -> None:
        """End all environments that have no invocation."""
        await self._end([each for each in self._members if not each.running])

    async def close(self) -> None:
        """End all environments; invocations that still run fail."""
        await self._end(list(self._members))

    async def _end(self, members: list[Member]) -> None:
        for member in members:
            self._members.remove(member)
            if member.expiry is not None:
                member.expiry.cancel()
        await asyncio.gather(*(member.close() for member in members), *self._closing)

    async def pause(self, seconds: float) -> None:
        """Let the environments stand still for a while, as between invocations that are far apart."""
        await asyncio.gather(*(each.environment.pause(seconds) for each in self._members))
