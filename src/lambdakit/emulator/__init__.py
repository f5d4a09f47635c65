"""A local Lambda: runs a function as AWS does, through AWS's own runtime client, without Docker."""

from lambdakit.emulator.environment import Environment, InvokeOptions
from lambdakit.emulator.function import Account, LocalFunction
from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.logs.journal import Record
from lambdakit.emulator.logs.levels import LEVELS, Level
from lambdakit.emulator.outcome import Outcome, Report
from lambdakit.emulator.runtime_api.answer import Answer
from lambdakit.emulator.runtime_api.receiver import Receiver

__all__ = [
    "LEVELS",
    "Account",
    "Answer",
    "Environment",
    "FunctionConfiguration",
    "InvokeOptions",
    "Level",
    "LocalFunction",
    "Outcome",
    "Receiver",
    "Record",
    "Report",
]
