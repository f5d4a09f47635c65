"""The arguments and options of `invoke-local`, each with its words for `--help`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from lambdakit.events import FORMATS
from lambdakit.operations.functions.target import Runtime

_CONTENT = "TEXT|@FILE|-"

Target = Annotated[str, Argument(metavar="TARGET", help="A declared function, or any app as module:attribute.")]
Method = Annotated[str | None, Argument(metavar="METHOD", help="The method of an HTTP request.")]
UrlPath = Annotated[str | None, Argument(metavar="PATH", help="Its path, perhaps with a query string.")]
Headers = Annotated[
    list[str] | None, Option("-H", "--header", metavar="TEXT", help="Send a header, as 'Name: value'; repeatable.")
]
Json = Annotated[str | None, Option("--json", metavar=_CONTENT, help="Send a JSON body.")]
Data = Annotated[str | None, Option("-d", "--data", metavar=_CONTENT, help="Send a form or any other body.")]
Via = Annotated[str | None, Option("--via", metavar="SOURCE", help=f"What sends the request: {', '.join(FORMATS)}.")]
EventFile = Annotated[str | None, Option("-e", "--event", metavar="FILE|-", help="Send this event instead.")]
EventOnly = Annotated[bool, Option("--event-only", help="Print the event and stop.")]
Timeout = Annotated[float | None, Option("--timeout", metavar="SECONDS", help="Instead of the declared one.")]
Memory = Annotated[int | None, Option("--memory", metavar="MB", help="Instead of the declared one.")]
RuntimeName = Annotated[
    Runtime | None,
    Option("--runtime", metavar="NAME", help="awslambdaric, the client AWS runs, or lambdakit, which streams."),
]
EnvFile = Annotated[Path | None, Option("--env-file", metavar="FILE", help="Add the variables of a .env file.")]
Repeat = Annotated[int, Option("--repeat", min=1, metavar="N", help="Send it N times to see durations.")]
Concurrency = Annotated[
    int, Option("--concurrency", min=1, max=1000, metavar="N", help="Send it N times at once, each time.")
]
Cold = Annotated[bool, Option("--cold", help="Repeat on new environments.")]
SnapStart = Annotated[bool, Option("--snapstart", help="Restore environments from a snapshot of one init.")]
Freeze = Annotated[
    str | None, Option("--freeze", metavar="DURATION", help="Let environments stand still between repeats, as 60s.")
]
DebugPort = Annotated[
    int | None, Option("--debug-port", min=1, max=65_535, metavar="PORT", help="Wait there for a debugger.")
]
Include = Annotated[bool, Option("-i", "--include", help="Print status and headers before the body.")]
Raw = Annotated[bool, Option("--raw", help="Print the function's whole result.")]
Fail = Annotated[bool, Option("--fail", help="Exit with 1 for an HTTP status of 400 or more.")]
