"""A service with all the parts that a plan asks for."""

from collections.abc import Callable
from functools import partial

from lambdakit.emulator import Record
from lambdakit.emulator.lambda_api import LogTails
from lambdakit.operations.dev.front_doors import FrontDoors
from lambdakit.operations.dev.invoke_api import InvokeApi
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.plan import INVOKE_API, Plan
from lambdakit.operations.dev.service import Service


def assemble(
    plan: Plan,
    listener: Listener,
    *,
    keep: Callable[[Record], None],
    note: Callable[[str, str], None],
    takes_turns: bool = False,
) -> Service:
    """Return the service of a plan; `keep` gets its log, `note` how each function is set up."""
    tails = LogTails()
    parts = [FrontDoors(plan.fronts()), InvokeApi(plan.ports[INVOKE_API], tails)]
    return Service(partial(plan.configure, note), parts, listener, keep=(tails.record, keep), takes_turns=takes_turns)
