"""A project's functions behind local front doors, with the code that is on disk now."""

from lambdakit.operations.dev.listener import Listener
from lambdakit.operations.dev.plan import Plan
from lambdakit.operations.dev.ports import choose_port
from lambdakit.operations.dev.service import Front, Running, Service
from lambdakit.operations.dev.watching import watch

__all__ = ["Front", "Listener", "Plan", "Running", "Service", "choose_port", "watch"]
