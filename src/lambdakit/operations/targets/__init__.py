"""What runs: a declared function, or any app, and what the emulator has to know about it."""

from lambdakit.operations.targets.configuration import RuntimeName, configure
from lambdakit.operations.targets.target import THIS_PYTHON, Target, find_target

__all__ = ["THIS_PYTHON", "RuntimeName", "Target", "configure", "find_target"]
