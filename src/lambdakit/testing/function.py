"""A function that runs in local Lambda environments, for a test to call."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import httpx2
from anyio.from_thread import BlockingPortal

from lambdakit.emulator import Account, FunctionConfiguration, LocalFunction
from lambdakit.emulator.authorizers import Decider
from lambdakit.errors import UserError
from lambdakit.operations.event_factories import Events
from lambdakit.operations.functions.target import Target
from lambdakit.project import FunctionAuth, QueueTrigger, Via
from lambdakit.testing.front_door import choose_via, open_door
from lambdakit.testing.live_queue import LiveQueue, open_queue
from lambdakit.testing.log_book import LogBook
from lambdakit.testing.mcp_client import McpClient, open_async_client, open_client
from lambdakit.testing.queue import Queue
from lambdakit.testing.result import Logs, Result
from lambdakit.testing.settling import SettlingFunction

if TYPE_CHECKING:
    from mcp import Client

_SPARE_SECONDS = 30.0
"""What a client waits beyond the function's time-out: environments may have to start first."""


class LambdaFunction:
    """A function, with as many local environments as it has invocations at a time.

    `url` is where its front door listens on this machine; `http` is a client of it. Every method waits for what it
    does. The `a…` methods are for tests that are coroutines themselves. With `streams` its answers pass the front door
    piece by piece.
    """

    def __init__(
        self,
        target: Target,
        configuration: FunctionConfiguration,
        portal: BlockingPortal,
        stack: ExitStack,
        *,
        via: Via | None,
        streams: bool,
        find: Callable[[str], Decider] | None,
    ) -> None:
        self.name = configuration.name
        self.configuration = configuration
        self._target = target
        self._portal = portal
        self._stack = stack
        self._via: Via | None = via
        self._streams = streams
        self._find = find
        self._book = LogBook(configuration.name)
        self._account = Account()
        self._local = LocalFunction(configuration, log=_discard, keep=self._book.keep, account=self._account)
        self.emulated = SettlingFunction(self._local, configuration)
        """The function as the emulator has it, for what invokes functions: gateways, authorizers, pollers."""
        stack.enter_context(portal.wrap_async_context_manager(self._local))

    # --- calls -------------------------------------------------------------------------------------------------------

    def invoke(self, event: Any = None, *, client_context: dict[str, Any] | None = None) -> Result:
        """Invoke the function with an event and wait until the invocation is over.

        An event is what JSON can say, or bytes that are sent as they are. A function that fails is a Result.

        Raises:
            Throttled: As many invocations as are allowed run already.
            PayloadTooLarge: AWS would not accept the event.
        """
        return self._portal.call(partial(self._invoke, event, client_context))

    async def ainvoke(self, event: Any = None, *, client_context: dict[str, Any] | None = None) -> Result:
        """Invoke the function from a coroutine, any number of times at a time."""
        future = self._portal.start_task_soon(partial(self._invoke, event, client_context))
        return await asyncio.wrap_future(future)

    async def _invoke(self, event: Any, client_context: dict[str, Any] | None) -> Result:
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        outcome = await self._local.invoke(payload, client_context=client_context)
        return Result(event, outcome, self._book.read().during(outcome.report.request_id))

    # --- HTTP and MCP ------------------------------------------------------------------------------------------------

    @cached_property
    def url(self) -> str:
        """The address of the service in front of the function, with its stage, without a slash at its end.

        Raises:
            UserError: The function is not declared for HTTP requests.
        """
        via = choose_via(self._target, self._via)
        deciders = {each: self._find(each) for each in self._decided_by()} if self._find else None
        opened = open_door(
            self.emulated,
            self._target,
            via,
            find=deciders.__getitem__ if deciders is not None else None,
            streams=self._streams,
            log=self._book.note,
        )
        address = self._stack.enter_context(self._portal.wrap_async_context_manager(opened))
        # What still answers at the end would keep the listener from closing.
        self._stack.callback(self._portal.call, self._local.kill)
        return address

    def _decided_by(self) -> list[str]:
        # Started here and not where they are asked for, which is in the loop that starts them.
        auth = self._target.auth
        return [auth.function] if isinstance(auth, FunctionAuth) else []

    @cached_property
    def http(self) -> httpx2.Client:
        """A client of `url`, with the connections and the cookies of one user.

        Requests one after the other meet the same environment, as far as one is enough for them.
        """
        client = httpx2.Client(base_url=self.url, timeout=self._patience, event_hooks={"request": [self._settle]})
        return self._stack.enter_context(client)

    def forget_user(self) -> None:
        """Let `http` forget the cookies that it has."""
        if "http" in vars(self):
            self.http.cookies.clear()

    def _settle(self, _: httpx2.Request) -> None:
        self.settle()

    def ahttp(self) -> httpx2.AsyncClient:
        """Return a new client of `url` for coroutines, to be used in `async with`."""
        return httpx2.AsyncClient(
            base_url=self.url, timeout=self._patience, event_hooks={"request": [self._settle_meanwhile]}
        )

    async def _settle_meanwhile(self, _: httpx2.Request) -> None:
        await asyncio.wrap_future(self._portal.start_task_soon(self.emulated.settle))

    @property
    def _patience(self) -> float:
        return self.configuration.timeout + _SPARE_SECONDS

    def mcp(self, path: str = "/mcp", **options: Any) -> AbstractContextManager[McpClient]:
        """Open a client of the MCP server at a path of `url`; `options` are those of `mcp.Client`.

        Raises:
            MissingExtra: The package `mcp` is missing.
        """
        return open_client(self.url + path, self._portal, **options)

    def amcp(self, path: str = "/mcp", **options: Any) -> "AbstractAsyncContextManager[Client]":
        """Open the SDK's own client in a coroutine."""
        return open_async_client(self.url + path, **options)

    # --- queues ------------------------------------------------------------------------------------------------------

    @cached_property
    def queue(self) -> Queue:
        """A queue in front of the function, with the declared batch size."""
        declared = self._target.function.queue
        return Queue(self.invoke, Events(), batch=declared.batch if declared else 10)

    def live_queue(self) -> AbstractContextManager[LiveQueue]:
        """Let the function read a queue of its own inside the block, which boto3 can send to.

        It is declared as the function's, with its batches, retries and dead letters.
        """
        trigger = self._target.function.queue or QueueTrigger()
        opened = open_queue(self.emulated, self.name, trigger, self._portal)
        return self._portal.wrap_async_context_manager(opened)

    # --- what happens to environments --------------------------------------------------------------------------------

    @property
    def environments(self) -> int:
        """How many environments there are, idle or not."""
        return self._local.environments

    def start(self) -> None:
        """Start an environment ahead of the first invocation; an init that fails is tried again by that invocation."""
        self._portal.call(self._local.start)

    def freeze(self, seconds: float = 0.0) -> None:
        """Let the idle environments stand still for a while.

        Lambda stops every process of an environment between invocations: timers, connections and threads with it.
        """
        self.settle()
        self._portal.call(self._local.pause, seconds)

    def cold_start(self) -> None:
        """End the idle environments as Lambda does after a while, so that the next invocation is cold."""
        self.settle()
        self._portal.call(self._local.retire)

    def kill(self) -> None:
        """Kill all environments, as when a machine is lost: invocations that run fail, and the next one is cold."""
        self._portal.call(self._local.kill)

    @contextmanager
    def throttle(self) -> Generator[None]:
        """Let no invocation begin inside the block: a caller gets what AWS answers when there is no room.

        Raises:
            UserError: The function has room of its own, by `reserved_concurrency`.
        """
        if self.configuration.reserved_concurrency is not None:
            fix = "start it with reserved_concurrency=0, which throttles everything"
            raise UserError("what is reserved is not taken away", where=f"function {self.name}", fix=fix)
        before, self._account.concurrency = self._account.concurrency, 0
        try:
            yield
        finally:
            self._account.concurrency = before

    # --- logs --------------------------------------------------------------------------------------------------------

    @property
    def logs(self) -> Logs:
        """All that has been written so far, to the end of each invocation that has answered."""
        self.settle()
        return self._book.read()

    def settle(self) -> None:
        """Wait until the invocations that have answered are over, five seconds at most."""
        self._portal.call(self.emulated.settle)

    def wait_for_log(self, text: str, seconds: float = _SPARE_SECONDS) -> None:
        """Wait until a record holds a text, as while an invocation runs in another thread.

        Raises:
            TimeoutError: None did in time.
        """
        self._book.wait_for(text, seconds)

    def watch(self) -> Callable[[], Logs]:
        """Return what reads the records from now on, also after the function's end."""
        return partial(self._book.read, len(self._book.read()))


def _discard(_: str) -> None:
    """Leave the lines to the records, which say more."""
