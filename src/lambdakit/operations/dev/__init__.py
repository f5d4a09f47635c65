"""A project's functions on this machine, behind what brings them their events, with the code that is on disk now."""

from lambdakit.operations.dev.assembling import Assembly, assemble
from lambdakit.operations.dev.front_doors import Front, FrontDoors
from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.part import EVERYTHING, Part, Running
from lambdakit.operations.dev.plan import Plan
from lambdakit.operations.dev.ports import choose_ports
from lambdakit.operations.dev.service import Service
from lambdakit.operations.dev.watching import watch

__all__ = [
    "EVERYTHING",
    "Assembly",
    "Front",
    "FrontDoors",
    "Listener",
    "Part",
    "Plan",
    "Running",
    "Service",
    "assemble",
    "choose_ports",
    "watch",
]
