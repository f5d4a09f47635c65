"""A local Lambda: runs a function as AWS does, through AWS's own runtime client, without Docker."""

from lambdakit.emulator.configuration import FunctionConfiguration
from lambdakit.emulator.environment import Environment
from lambdakit.emulator.outcome import Outcome, Report

__all__ = ["Environment", "FunctionConfiguration", "Outcome", "Report"]
