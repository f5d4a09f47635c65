"""What stands before a function: the AWS services that turn HTTP requests into events, on loopback addresses."""

from lambdakit.emulator.front_doors.door import FrontDoor, Invocable, Visit
from lambdakit.emulator.front_doors.gateways import GATEWAYS, GatewayRules, HeadLimits
from lambdakit.emulator.front_doors.listening import listen

__all__ = ["GATEWAYS", "FrontDoor", "GatewayRules", "HeadLimits", "Invocable", "Visit", "listen"]
