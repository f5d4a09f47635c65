"""A service with all the parts that a plan asks for."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from lambdakit.emulator import Record
from lambdakit.emulator.lambda_api import LogTails
from lambdakit.operations.dev.destinations import QueueDestinations
from lambdakit.operations.dev.front_doors import FrontDoors
from lambdakit.operations.dev.invoke_api import InvokeApi
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.other_services import OtherServices
from lambdakit.operations.dev.plan import INVOKE_API, QUEUES, SERVICES, Plan
from lambdakit.operations.dev.queueing import Polling, Queueing
from lambdakit.operations.dev.schedules import Schedules
from lambdakit.operations.dev.service import Service


class Assembly(NamedTuple):
    """A service, the part of it that can be told to invoke functions now, and the shell command that leads to it."""

    service: Service
    schedules: Schedules
    exports: str


def assemble(
    plan: Plan,
    listener: Listener,
    *,
    keep: Callable[[Record], None],
    note: Callable[[str, str], None],
    takes_turns: bool = False,
) -> Assembly:
    """Return the service of a plan; `keep` gets its log, `note` how each function is set up."""
    tails = LogTails()
    queueing = Queueing(plan.root / ".toolkit" / "queues.sqlite", plan.ports[QUEUES], is_needed=bool(plan.queues()))
    schedules = Schedules(plan.schedules())
    service = Service(
        partial(plan.configure, note),
        [
            FrontDoors(plan.fronts()),
            InvokeApi(plan.ports[INVOKE_API], tails, QueueDestinations(queueing).find),
            queueing,
            OtherServices(plan.ports[SERVICES]),
        ],
        listener,
        sources=[Polling(queueing, plan.queues()), schedules],
        keep=(tails.record, keep),
        takes_turns=takes_turns,
    )
    return Assembly(service, schedules, plan.exports())
