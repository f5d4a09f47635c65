"""A local Lambda: runs a function as AWS does, through AWS's own runtime client, without Docker."""

from lambdakit.emulator.answer import Answer
from lambdakit.emulator.configuration import FunctionConfiguration
from lambdakit.emulator.environment import Environment
from lambdakit.emulator.function import Account, LocalFunction
from lambdakit.emulator.journal import Record
from lambdakit.emulator.log_levels import LEVELS, Level
from lambdakit.emulator.outcome import Outcome, Report
from lambdakit.emulator.receiver import Receiver

__all__ = [
    "LEVELS",
    "Account",
    "Answer",
    "Environment",
    "FunctionConfiguration",
    "Level",
    "LocalFunction",
    "Outcome",
    "Receiver",
    "Record",
    "Report",
]
