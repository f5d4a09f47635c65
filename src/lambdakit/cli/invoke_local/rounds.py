"""How often an event is sent, how many times at once, and what happens in between."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass

from lambdakit.cli.durations import parse_duration
from lambdakit.emulator import FunctionConfiguration, LocalFunction, Outcome, Receiver, Record
from lambdakit.errors import OptionError


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """`repeat` rounds of `concurrency` invocations at a time.

    Between two rounds the environments stand still for `freeze` seconds, or end with `is_cold`.
    """

    repeat: int = 1
    concurrency: int = 1
    freeze: float = 0.0
    is_cold: bool = False

    @property
    def is_single(self) -> bool:
        """Whether it is one invocation."""
        return self.repeat == self.concurrency == 1

    async def run(
        self, function: LocalFunction, payload: bytes, receiver: Receiver | None, *, stop: Callable[[Outcome], bool]
    ) -> list[Outcome]:
        """Invoke the function; the round in which `stop` says yes to an outcome is the last."""
        outcomes: list[Outcome] = []
        for number in range(self.repeat):
            if number and self.is_cold:
                await function.retire()
            if number and self.freeze:
                await function.pause(self.freeze)
            calls = [function.invoke(payload, receiver=receiver) for _ in range(self.concurrency)]
            outcomes += await asyncio.gather(*calls)
            if any(map(stop, outcomes)):
                break
        return outcomes


def plan_rounds(*, repeat: int, concurrency: int, freeze: str | None, is_cold: bool, debug_port: int | None) -> Rounds:
    """Return what the options ask for.

    Raises:
        OptionError: They contradict each other.
    """
    seconds = 0.0 if freeze is None else parse_duration(freeze, "--freeze")
    if freeze is not None and is_cold:
        what = "a cold environment is new, so that none was frozen"
        raise OptionError(what, where="--freeze and --cold", fix="leave one of the two out")
    if freeze is not None and repeat == 1:
        what = "environments are frozen between repeats, and there is one request"
        raise OptionError(what, where="--freeze", fix="add --repeat 2")
    if debug_port is not None and (freeze is not None or concurrency > 1):
        what = "under a debugger nothing is frozen and one environment runs"
        raise OptionError(what, where="--debug-port", fix="leave out --freeze and --concurrency")
    return Rounds(repeat=repeat, concurrency=concurrency, freeze=seconds, is_cold=is_cold)


async def send(
    configuration: FunctionConfiguration,
    payload: bytes,
    rounds: Rounds,
    *,
    log: Callable[[str], None],
    keep: Callable[[Record], None],
    signals: list[int],
    receiver: Receiver | None,
) -> list[Outcome]:
    """Send an event as planned, up to the first failure; `signals` gets what ended it.

    A `receiver` is for a single invocation.
    """
    _end_on_signals(signals)
    async with LocalFunction(configuration, log=log, keep=keep) as function:
        return await rounds.run(function, payload, receiver, stop=lambda outcome: outcome.failed)


def _end_on_signals(received: list[int]) -> None:
    """Let the signals that end a terminal session end the environment first, as Ctrl-C does by itself."""
    task = asyncio.current_task()

    def end(number: int) -> None:
        received.append(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
