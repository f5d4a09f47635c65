"""What invokes functions by the clock."""

from lambdakit.emulator.schedules.expressions import Schedule, read_schedule
from lambdakit.emulator.schedules.scheduler import Firing, Scheduler, encode_scheduled_event

__all__ = ["Firing", "Schedule", "Scheduler", "encode_scheduled_event", "read_schedule"]
