"""What invokes functions by the clock."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from lambdakit.emulator.schedules import Firing, Scheduler
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import Functions, Running


class Schedules:
    """Invokes functions when their schedules say so, and when somebody does."""

    def __init__(self, expressions: Mapping[str, str]) -> None:
        self._expressions = expressions
        self._schedulers: list[Scheduler] = []

    @asynccontextmanager
    async def open(self, functions: Functions, listener: Listener) -> AsyncGenerator[list[Running]]:
        """Wait for each function that has a schedule."""
        running: list[Running] = []
        async with AsyncExitStack() as stack:
            for name, expression in self._expressions.items():
                if name not in functions:
                    continue
                region = functions[name].configuration.region
                scheduler = Scheduler(functions[name], name, expression, region=region, note=partial(_tell, listener))
                self._schedulers.append(await stack.enter_async_context(scheduler))
                due = scheduler.next_at
                when = f"next at {due:%Y-%m-%d %H:%M:%S} UTC" if due else "never again"
                running.append(Running(name, "schedule", f"{expression}, {when}"))
            yield running

    async def fire(self) -> int:
        """Invoke every function that has a schedule as if it was due, and return how many there are."""
        await asyncio.gather(*(each.fire_now() for each in self._schedulers))
        return len(self._schedulers)


def _tell(listener: Listener, firing: Firing) -> None:
    if firing.outcome is not None:
        listener.invocation(firing.function, "schedule", firing.outcome)
    if firing.note:
        listener.note(firing.function, firing.note)
