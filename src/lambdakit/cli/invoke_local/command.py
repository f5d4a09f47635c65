"""`toolkit invoke-local` from its arguments to its exit code."""

from difflib import get_close_matches
from pathlib import Path

from lambdakit.cli.invoke_local import options
from lambdakit.cli.invoke_local.calls import Call, EventCall, HttpCall
from lambdakit.cli.invoke_local.content import parse_json, read_file
from lambdakit.cli.invoke_local.output import log, print_json
from lambdakit.cli.invoke_local.request import build_request, describe_gateway, read_body
from lambdakit.errors import OptionError
from lambdakit.events import FORMATS, EventFormat
from lambdakit.operations.functions.target import find_target


def invoke_local(  # noqa: PLR0913 (each option of a command is an argument)
    target: options.Target,
    method: options.Method = None,
    path: options.UrlPath = None,
    *,
    header: options.Headers = None,
    json: options.Json = None,
    data: options.Data = None,
    via: options.Via = None,
    event: options.EventFile = None,
    event_only: options.EventOnly = False,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    runtime: options.RuntimeName = None,
    env_file: options.EnvFile = None,
    repeat: options.Repeat = 1,
    concurrency: options.Concurrency = 1,
    cold: options.Cold = False,
    snapstart: options.SnapStart = False,
    freeze: options.Freeze = None,
    debug_port: options.DebugPort = None,
    include: options.Include = False,
    raw: options.Raw = False,
    fail: options.Fail = False,
) -> int:
    """Call one function in a local Lambda environment.

    toolkit invoke-local api GET '/items?limit=5'

    toolkit invoke-local shop.http:app POST /items --json '{"name": "tea"}'

    toolkit invoke-local worker --event batch.json

    The response's body or the function's result goes to standard output, logs go to standard error. Exit codes:
    0 success, 1 the function failed, 2 it could not be set up or the command is wrong.
    """
    found = find_target(target, Path.cwd())
    if event is None:
        event_format = _format_named(via or found.via)
        body = read_body(json_text=json, data=data)
        request = build_request(method, path, headers=header or [], body=body, event_format=event_format)
        gateway = describe_gateway(found, event_format, request)
        call: Call = HttpCall(request, event_format, gateway=gateway, include=include, raw=raw, fail=fail)
    else:
        of_http = {"METHOD": method, "--header": header, "--json": json, "--data": data, "--via": via}
        call = _read_event(event, beside={**of_http, "--include": include, "--raw": raw, "--fail": fail})
    if event_only:
        print_json(call.payload)
        return 0
    # The emulator and dotenv take longer to import than all the rest; neither --help nor a mistake waits for them.
    from lambdakit.cli.invoke_local import invocation, rounds  # noqa: PLC0415
    from lambdakit.operations.functions.configuring import configure  # noqa: PLC0415

    configuration = configure(
        found,
        timeout=timeout,
        memory=memory,
        env_file=env_file,
        debug_port=debug_port,
        runtime=runtime,
        snapstart=snapstart,
        note=lambda message: log(f"note: {message}"),
    )
    plan = rounds.plan_rounds(
        repeat=repeat, concurrency=concurrency, freeze=freeze, is_cold=cold, debug_port=debug_port
    )
    return invocation.invoke(configuration, call, plan, architecture=found.architecture)


def _format_named(name: str) -> EventFormat:
    if event_format := FORMATS.get(name):
        return event_format
    nearest = get_close_matches(name, FORMATS, n=1)
    fix = f"did you mean {nearest[0]}?" if nearest else f"use one of {', '.join(FORMATS)}"
    raise OptionError(f"{name!r} sends no HTTP requests", where="--via", fix=fix)


def _read_event(name: str, *, beside: dict[str, object]) -> EventCall:
    if given := [option for option, value in beside.items() if value not in (None, False)]:
        what = "--event gives the whole event, so nothing can describe an HTTP request"
        raise OptionError(what, where=", ".join(given), fix="leave one of the two out")
    content = read_file(name, "--event")
    parse_json(content)
    return EventCall(content.data)
