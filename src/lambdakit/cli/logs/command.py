"""`toolkit logs` from its arguments to its exit code."""

import sys
import time
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from lambdakit import project
from lambdakit.cli.durations import parse_duration
from lambdakit.cli.logs.printing import make_printer
from lambdakit.errors import OptionError, UnknownFunction

_LEVELS = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
_PAUSE = 0.25
_INTERRUPTED = 130


def logs(
    function: Annotated[str | None, Argument(metavar="FUNCTION", help="Of this function alone.")] = None,
    *,
    follow: Annotated[bool, Option("-f", "--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    request_id: Annotated[
        str | None, Option("--request-id", metavar="ID", help="Of this invocation alone; its beginning is enough.")
    ] = None,
    level: Annotated[str, Option("--level", metavar="LEVEL", help="This level and above: info, warn, error ...")] = "",
    since: Annotated[str | None, Option("--since", metavar="DURATION", help="Not older than this, as 10m.")] = None,
    json: Annotated[bool, Option("--json", help="Print JSON, one record a line.")] = False,
) -> int:
    """Show what local runs of this project's functions have logged.

    toolkit logs api --since 10m --level warn

    toolkit logs --follow
    """
    # The emulator takes longer to import than all the rest; neither --help nor a mistake waits for it.
    from lambdakit.operations.logs import LogReader, Selection, log_folder  # noqa: PLC0415

    folder = log_folder(_find_root(Path.cwd()))
    selection = Selection(
        function=function,
        request_id=request_id,
        level=_read_level(level),
        since=None if since is None else datetime.now(UTC) - timedelta(seconds=parse_duration(since, "--since")),
    )
    reader = LogReader(folder, selection)
    known = reader.functions()
    if function is not None and function not in known and not follow:
        nearest = get_close_matches(function, known, n=1)
        fix = f"did you mean {nearest[0]}?" if nearest else f"invoke it first: toolkit invoke-local {function}"
        raise UnknownFunction(f"there is no log of {function!r}", where=str(folder), fix=fix)
    print_record = make_printer(sys.stdout, is_json=json)
    for record in reader.look():
        print_record(record)
    try:
        while follow:
            time.sleep(_PAUSE)
            for record in reader.look():
                print_record(record)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _find_root(start: Path) -> Path:
    declaration = project.find(start)
    return declaration.parent if declaration else start


def _read_level(text: str) -> str:
    name = {"": "TRACE", "WARNING": "WARN", "CRITICAL": "FATAL"}.get(text.upper(), text.upper())
    if name not in _LEVELS:
        raise OptionError(f"{text!r} is no level", where="--level", fix="use trace, debug, info, warn, error or fatal")
    return name
