"""Invocations that have answered and are not over yet."""

import asyncio
from collections.abc import Mapping

from lambdakit.emulator import Answer, FunctionConfiguration, LocalFunction, Outcome, Receiver

_GRACE_SECONDS = 5.0


class SettlingFunction:
    """Invokes a function, and can wait for invocations that have answered.

    A caller has its answer before the runtime asks for the next event, and whoever calls again at once meets an
    environment that is busy: another one starts, without what the first one keeps in memory. On AWS the way to the
    service gives it that moment; a test gives it by waiting, but not for work that goes on for more than five seconds.
    """

    def __init__(self, function: LocalFunction, configuration: FunctionConfiguration) -> None:
        self.configuration = configuration
        self._function = function
        self._running: dict[asyncio.Task[object], _Observer] = {}

    async def invoke(
        self,
        payload: bytes,
        *,
        client_context: Mapping[str, object] | None = None,
        receiver: Receiver | None = None,
    ) -> Outcome:
        """Invoke the function as `LocalFunction` does."""
        task = asyncio.current_task()
        observer = None if receiver is None else _Observer(receiver)
        if task is not None and observer is not None:
            self._running[task] = observer
            task.add_done_callback(self._forget)
        return await self._function.invoke(payload, client_context=client_context, receiver=observer)

    def _forget(self, task: "asyncio.Task[object]") -> None:
        self._running.pop(task, None)

    async def settle(self) -> None:
        """Wait until the invocations that have answered are over."""
        if answered := [task for task, observer in self._running.items() if observer.has_ended]:
            await asyncio.wait(answered, timeout=_GRACE_SECONDS)


class _Observer:
    """Passes an answer on, and knows when it has ended."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.has_ended = False

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        self._receiver.begin(content_type, is_streamed=is_streamed)

    async def receive(self, chunk: bytes) -> None:
        await self._receiver.receive(chunk)

    def end(self, error: Answer | None) -> None:
        self.has_ended = True
        self._receiver.end(error)
