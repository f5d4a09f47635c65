"""Functions that log through `lambdakit.observability`, in the local Lambda under both runtimes."""

import json
from pathlib import Path
from typing import Any

from tests.asgi.apps import make_event
from tests.emulator.functions import Run, configure, invoke

RUNTIMES = ("awslambdaric", "lambdakit")


def call(folder: Path, source: str, runtime: str, *events: Any, **settings: Any) -> Run:
    """Send some events to a function, one after the other, and return what came of them."""
    defaults = {"memory": 1769, "timeout": 20, "init_timeout": 30}
    configuration = configure(folder, source, runtime=runtime, **defaults | settings)
    return invoke(configuration, *(json.dumps(event).encode() for event in events))


def get(path: str, **request: Any) -> Any:
    """Return the event of a request."""
    return make_event(path, **request)


def written(run: Run) -> list[str]:
    """Return the records that the function wrote, without Lambda's own."""
    platform = ("INIT_START ", "START ", "END ", "REPORT ", "INIT_REPORT ", '{"time":')
    return [line for line in run.log if not line.startswith(platform)]


def lines(run: Run) -> list[dict[str, Any]]:
    """Return the records that the function wrote, each of which has to be a line of JSON."""
    return [json.loads(line) for line in written(run)]
