"""Functions that run by the clock."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from lambdakit.emulator.schedules import Firing, Scheduler
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Functions, Running


class Clocks:
    """Invokes each function that is declared with a schedule when it is due; `expressions` are by function."""

    def __init__(self, expressions: Mapping[str, str]) -> None:
        self._expressions = expressions
        self._schedulers: dict[str, Scheduler] = {}

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Wait for when functions are due.

        Raises:
            OptionError: EventBridge would not take an expression.
        """
        async with AsyncExitStack() as stack:
            for name, expression in self._expressions.items():
                scheduler = Scheduler(functions[name], name, expression, note=partial(_tell, listener))
                self._schedulers[name] = await stack.enter_async_context(scheduler)
            yield [
                Running(name, "schedule", self._expressions[name], f"next at {each.next_at or 'no time'}")
                for name, each in self._schedulers.items()
            ]

    async def fire(self) -> None:
        """Invoke each of the functions now, one after another."""
        for scheduler in self._schedulers.values():
            await scheduler.fire_now()


def _tell(listener: Listener, firing: Firing) -> None:
    if firing.outcome is not None:
        listener.invocation(firing.function, f"schedule of {firing.at:%H:%M:%S}", firing.outcome)
    if firing.note:
        listener.note(firing.function, firing.note)
