"""A pytest plugin that runs functions in local Lambda environments, and what its fixtures give.

Nothing is imported before it is asked for: pytest loads the plugin in every run, also where no test uses it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdakit.operations.event_factories import Events, Origin
    from lambdakit.testing.function import LambdaFunction
    from lambdakit.testing.functions import Functions
    from lambdakit.testing.live_queue import LiveQueue
    from lambdakit.testing.mcp_client import McpClient
    from lambdakit.testing.queue import Delivery, Message, Queue
    from lambdakit.testing.result import Logs, Result

__all__ = [
    "Delivery",
    "Events",
    "Functions",
    "LambdaFunction",
    "LiveQueue",
    "Logs",
    "McpClient",
    "Message",
    "Origin",
    "Queue",
    "Result",
]

_PLACES = {
    "Delivery": "lambdakit.testing.queue",
    "Events": "lambdakit.operations.event_factories",
    "Functions": "lambdakit.testing.functions",
    "LambdaFunction": "lambdakit.testing.function",
    "LiveQueue": "lambdakit.testing.live_queue",
    "Logs": "lambdakit.testing.result",
    "McpClient": "lambdakit.testing.mcp_client",
    "Message": "lambdakit.testing.queue",
    "Origin": "lambdakit.operations.event_factories",
    "Queue": "lambdakit.testing.queue",
    "Result": "lambdakit.testing.result",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
