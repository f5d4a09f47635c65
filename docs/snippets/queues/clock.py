"""Invokes a function by the clock, and once at once."""

import asyncio
from pathlib import Path

from lambdakit.emulator import FunctionConfiguration, LocalFunction
from lambdakit.emulator.schedules import Scheduler

HERE = Path(__file__).parent


async def main() -> None:
    configuration = FunctionConfiguration(handler="cleaner.handler", task_root=HERE, name="cleaner")
    async with (
        LocalFunction(configuration, log=lambda line: None) as function,
        Scheduler(function, "cleaner", "cron(0 3 ? * MON-FRI *)") as scheduler,
    ):
        firing = await scheduler.fire_now()
        print("next:", scheduler.next_at)
        print("now:", firing.outcome.payload.decode() if firing.outcome else firing.note)


if __name__ == "__main__":
    asyncio.run(main())
