import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from lambdakit.emulator.environment import Environment
from lambdakit.emulator.runtime_api.receiver import Receiver, Watched
from lambdakit.errors import EnvironmentFault

_MOMENT = 0.05
"""Seconds within which a runtime that does nothing after its answer asks for the next invocation."""


class Member:
    """One environment of a pool; `running` is how many invocations have it now, `used` grows with each use.

    `has_answered` says that the invocation that was answered last is not over yet.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.running = 0
        self.used = 0
        self.has_answered = False
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

    def watch(self, receiver: Receiver) -> Receiver:
        """Return a receiver in place of another, so that the answer is noted here."""

        def note() -> None:
            self.has_answered = True

        return Watched(receiver, note)

    async def close(self) -> None:
        """End the environment."""
        async with self._turn:
            if self._is_open:
                self._is_open = False
                await self.environment.__aexit__()


class Pool:
    """The environments of a function, each with room for `room` invocations at a time.

    Those that nobody used for `idle_seconds` end. With `takes_turns` an invocation never gets the one that was used
    last, so that what a function keeps in one environment is soon missed in another.
    """

    def __init__(
        self, make: Callable[[], Environment], *, room: int, idle_seconds: float, takes_turns: bool = False
    ) -> None:
        self._make = make
        self._room = room
        self._idle_seconds = idle_seconds
        self._takes_turns = takes_turns
        self._is_held = False
        self._is_closed = False
        self._left = asyncio.Event()
        self._members: list[Member] = []
        self._uses = 0
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._members)

    @property
    def running(self) -> int:
        """How many invocations run now."""
        return sum(each.running for each in self._members)

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[Member]:
        """Give room in the fullest environment that has some, among equals the one used last, or in a new one."""
        member = await self._find()
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
            member.has_answered = False
            self._rest(member)
            self._left.set()

    async def catch_up(self) -> None:
        """Wait a moment where nothing has room and one that has answered is about to.

        So a client that sends one request after the other meets one environment: its next request may be here before
        the runtime asks for it.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                while not self._takes_turns and not self._free() and any(each.has_answered for each in self._members):
                    self._left.clear()
                    await self._left.wait()

    async def _find(self) -> Member:
        while self._is_held and self._members and not self._free():
            self._left.clear()
            await self._left.wait()
        if self._is_closed:
            raise EnvironmentFault("the function was closed while an invocation waited for an environment")
        free = self._free()
        if free:
            return free[0] if self._takes_turns else max(free, key=lambda each: (each.running, each.used))
        member = Member(self._make())
        self._members.append(member)
        return member

    def _free(self) -> list[Member]:
        """Return the members that an invocation may go to, those used longest ago first."""
        free = sorted((each for each in self._members if each.running < self._room), key=lambda each: each.used)
        is_the_last_one = self._takes_turns and not self._is_held and free and free[0].used == self._uses
        return [] if is_the_last_one else free

    def hold(self) -> None:
        """Keep the environments that there are and start no other: invocations wait until one of them is free."""
        self._is_held = True
        for member in self._members:
            if member.expiry is not None:
                member.expiry.cancel()

    def _rest(self, member: Member) -> None:
        if not member.running and member in self._members and not self._is_held:
            member.expiry = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, member)

    def _expire(self, member: Member) -> None:
        self._members.remove(member)
        task = asyncio.create_task(member.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def retire(self) -> None:
        """End all environments that have no invocation."""
        await self._end([each for each in self._members if not each.running])

    async def kill(self) -> None:
        """Kill what runs in every environment, and end those that have no invocation."""
        for member in self._members:
            member.environment.kill()
        await self.retire()

    async def close(self) -> None:
        """End all environments; invocations that still run or wait fail."""
        self._is_closed = True
        self._left.set()
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
