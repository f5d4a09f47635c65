"""The logs of local runs, one JSON object a line, in `.toolkit/logs` of a project."""

from lambdakit.operations.logs.gathering import Gatherer
from lambdakit.operations.logs.keeping import LogKeeper, log_folder
from lambdakit.operations.logs.reading import LogReader, Selection

__all__ = ["Gatherer", "LogKeeper", "LogReader", "Selection", "log_folder"]
