import asyncio
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Self

from lambdakit.emulator.environment import Environment
from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.logs.journal import Record
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.pool import Pool
from lambdakit.emulator.runtime_api.answer import Answer
from lambdakit.emulator.runtime_api.payloads import check_payload
from lambdakit.emulator.runtime_api.receiver import Receiver
from lambdakit.emulator.snapstart import Snapshots
from lambdakit.errors import EnvironmentFault, Throttled

_IDLE_SECONDS = 600.0
_ACCOUNT_CONCURRENCY = 1000


class Account:
    """How many invocations may run at a time in all functions that share it.

    What a function has reserved belongs to it alone, also while it is not used.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    """

    def __init__(self, concurrency: int = _ACCOUNT_CONCURRENCY) -> None:
        self.concurrency = concurrency
        self.reserved = 0
        self.running = 0

    @contextmanager
    def admit(self) -> Generator[None]:
        """Count an invocation of a function that has reserved nothing; Throttled when there is no room for it."""
        limit = self.concurrency - self.reserved
        if self.running >= limit:
            raise Throttled(
                f"{self.running} invocations of the account run at a time, {limit} are allowed",
                fix="wait for one to end, or raise the account's limit",
                reason="ConcurrentInvocationLimitExceeded",
            )
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class LocalFunction:
    """A function with as many environments as it has invocations at a time.

    An invocation gets the idle environment that was used last, or a new one; with the configuration's
    `max_concurrency`, as on Managed Instances, the fullest one that has room. Environments end that nobody used for
    `idle_seconds`. At most `parallel_starts` inits run at a time, by default two for each processor, so that they do
    not slow each other down beyond their time limit. With `takes_turns` no invocation gets the environment that was
    used last. `log` and `keep` are those of `Environment`; records of different environments come as they are written.
    """

    def __init__(
        self,
        configuration: FunctionConfiguration,
        *,
        log: Callable[[str], None],
        keep: Callable[[Record], None] | None = None,
        account: Account | None = None,
        idle_seconds: float = _IDLE_SECONDS,
        parallel_starts: int | None = None,
        takes_turns: bool = False,
    ) -> None:
        self._configuration = configuration
        self._log = log
        self._keep = keep
        self._account = account or Account()
        self._snapshots = Snapshots(configuration, log=log, keep=keep) if configuration.snapstart else None
        self._starts = asyncio.Semaphore(parallel_starts or 2 * (os.cpu_count() or 1))
        room = configuration.max_concurrency or 1
        self._pool = Pool(self._make, room=room, idle_seconds=idle_seconds, takes_turns=takes_turns)
        self._is_open = False

    async def __aenter__(self) -> Self:
        self._account.reserved += self._configuration.reserved_concurrency or 0
        self._is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_open = False
        self._account.reserved -= self._configuration.reserved_concurrency or 0
        await self._pool.close()
        if self._snapshots is not None:
            await self._snapshots.close()

    @property
    def configuration(self) -> FunctionConfiguration:
        """The function's settings."""
        return self._configuration

    @property
    def environments(self) -> int:
        """How many environments there are, idle or not."""
        return len(self._pool)

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
        request_id: str | None = None,
    ) -> Outcome:
        """Invoke the function as `Environment.invoke` does, any number of times at a time.

        Raises:
            Throttled: As many invocations as are allowed run already.
            PayloadTooLarge: AWS would not accept the event.
        """
        if not self._is_open:
            raise EnvironmentFault("the function is closed", fix="invoke inside its `async with` block")
        check_payload(payload, client_context)
        await self._pool.catch_up()
        with self._admit():
            async with self._pool.take() as member:
                environment = await member.open()
                return await environment.invoke(
                    payload,
                    client_context=client_context,
                    receiver=receiver and member.watch(receiver),
                    request_id=request_id,
                )

    async def start(self) -> Answer | None:
        """Start an environment ahead of the first invocation, and return the error if its init fails."""
        async with self._pool.take() as member:
            environment = await member.open()
            return await environment.start()

    def hold(self) -> None:
        """Start no more environments: invocations wait until one of those that there are is free."""
        self._pool.hold()

    async def retire(self) -> None:
        """End all idle environments, so that the next invocation is cold."""
        await self._pool.retire()

    async def kill(self) -> None:
        """Kill the function's processes, as when its machine is lost: invocations fail, and the next one is cold."""
        await self._pool.kill()

    async def pause(self, seconds: float) -> None:
        """Let the idle environments stand still for a while, as between invocations that are far apart."""
        await self._pool.pause(seconds)

    def _make(self) -> Environment:
        return Environment(
            self._configuration,
            log=self._log,
            keep=self._keep,
            gate=lambda: self._starts,
            snapshots=self._snapshots,
        )

    @contextmanager
    def _admit(self) -> Generator[None]:
        reserved, running = self._configuration.reserved_concurrency, self._pool.running
        if reserved is None:
            with self._account.admit():
                yield
            return
        if running >= reserved:
            raise Throttled(
                f"{running} invocations run at a time, {reserved} are reserved",
                where=f"function {self._configuration.name}",
                fix="wait for one to end, or reserve more",
                reason="ReservedFunctionConcurrentInvocationLimitExceeded",
            )
        yield
