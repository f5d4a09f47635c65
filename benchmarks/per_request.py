"""CPU time from a Lambda event to its result, next to other ways of running the same app in the same function.

Every contestant has a process of its own, all on one CPU, and they take turns: each round lets each of them answer the
same event some hundred times. A ratio is the median of the ratios of the rounds, as absolute times drift on a machine
that has other things to do. Nothing is timed before every contestant has given the same status and body.
"""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import process_time
from types import ModuleType
from typing import Any

from harness.apps import api, bare
from harness.report import add_options, conclude, describe_run, record, use_bytecode
from mangum import Mangum

from lambdakit.asgi import LambdaApp
from lambdakit.events import FORMATS, Gateway, Headers, Request

Handler = Callable[[Any, Any], Any]
RESULTS = Path(__file__).parent / "results" / "per_request.json"
PACKAGES = ("lambdakit", "mangum", "zappa", "fastapi", "starlette", "pydantic", "anyio")
APPS = {"api": api, "bare": bare}
HOST = "shop.example.com"
SMALL = json.dumps({"name": "teapot", "price": 42, "note": "x" * 950}).encode()
LARGE = json.dumps([{"id": number, "name": "teapot", "price": 42.5} for number in range(2000)]).encode()
_HEAD = "# CPU time for each request\n\nWritten by `python benchmarks/per_request.py --record`."
NEVER_SLOWER = {"mangum": 1.0, "mangum, lifespan off": 1.0, "zappa": 1.0}


# --- the events ---


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, and how much of a peer's time lambdakit may take for it."""

    name: str
    app: str
    via: str = "http-api"
    method: str = "GET"
    path: str = "/items/42"
    body: bytes = b""
    bounds: Mapping[str, float] = field(default_factory=NEVER_SLOWER.copy)

    def event(self) -> dict[str, Any]:
        request = Request(self.method, self.path, self.path.encode(), b"", _headers(self.body), self.body)
        # A REST API without binary media types, which is the default, delivers bodies as text.
        return FORMATS[self.via].encode_request(request, Gateway(binary_media_types=()))


def _headers(body: bytes) -> Headers:
    """Return what a browser sends; the service adds four more."""
    headers = [
        (b"host", HOST.encode()),
        (b"accept", b"application/json, text/plain, */*"),
        (b"accept-encoding", b"gzip, deflate, br"),
        (b"accept-language", b"en-GB,en;q=0.9"),
        (b"authorization", b"Bearer " + b"x" * 200),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ]
    if body:
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return headers


CASES = (
    Case(name="bare app, GET", app="bare", bounds={**NEVER_SLOWER, "mangum": 0.40, "mangum, lifespan off": 0.80}),
    Case(name="bare app, POST 95 KB", app="bare", method="POST", body=LARGE),
    Case(name="FastAPI, GET", app="api", bounds={**NEVER_SLOWER, "mangum": 0.65, "mangum, lifespan off": 0.95}),
    Case(name="FastAPI, POST 1 KB, REST API", app="api", via="rest-api", method="POST", path="/items", body=SMALL),
    Case(name="FastAPI, POST 1 KB, HTTP API", app="api", method="POST", path="/items", body=SMALL),
    Case(name="FastAPI, GET, `def` route", app="api", path="/sync/items/42"),
)


class Context:
    """What Lambda passes beside the event."""

    function_name = "shop"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


# --- the contestants ---


def serve_with_lambdakit(name: str) -> Handler:
    return LambdaApp(APPS[name])


def serve_with_mangum(name: str) -> Handler:
    return Mangum(APPS[name])


def serve_with_mangum_without_lifespan(name: str) -> Handler:
    return Mangum(APPS[name], lifespan="off")


def serve_with_zappa(name: str) -> Handler:
    """Return the handler that Zappa deploys, with the settings module that it would have written.

    Its access log and its greeting are off, so that no contestant writes anything.
    """
    settings = ModuleType("zappa_settings")
    settings.__dict__.update(
        {
            "APP_MODULE": "harness.apps",
            "APP_FUNCTION": name,
            "APP_TYPE": "asgi",
            "LOG_LEVEL": "WARNING",
            "DEBUG": False,
        },
        API_STAGE="prod",
        BASE_PATH=None,
        BINARY_SUPPORT=True,
        CONTEXT_HEADER_MAPPINGS={},
        DJANGO_SETTINGS=None,
        DOMAIN=HOST,
        ENVIRONMENT_VARIABLES={},
        EXCEPTION_HANDLER=None,
        PROJECT_NAME="shop",
    )
    sys.modules[settings.__name__] = settings
    os.environ["INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT"] = "1"
    with redirect_stdout(None):
        return importlib.import_module("zappa.handler").lambda_handler


CONTESTANTS: Mapping[str, Callable[[str], Handler]] = {
    "lambdakit": serve_with_lambdakit,
    "mangum": serve_with_mangum,
    "mangum, lifespan off": serve_with_mangum_without_lifespan,
    "zappa": serve_with_zappa,
}


# --- the measurement ---


def answer_in_turns(connection: Connection, contestant: str, case: Case) -> None:
    """Send one answer; then, for every number of requests received, the microseconds that each of them took."""
    _pin_to_one_cpu()
    handler, event, context = CONTESTANTS[contestant](case.app), case.event(), Context()
    response = FORMATS[case.via].decode_response(handler(event, context), Gateway(binary_media_types=()))
    connection.send((response.status, response.body))
    with suppress(EOFError):
        while True:
            connection.send(_time_requests(handler, event, context, connection.recv()))


def _time_requests(handler: Handler, event: Any, context: Any, requests: int) -> float:
    for _ in range(requests // 10):
        handler(event, context)
    start = process_time()
    for _ in range(requests):
        handler(event, context)
    return (process_time() - start) / requests * 1e6


def _pin_to_one_cpu() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def contestant_process(contestant: str, case: Case) -> Generator[Connection]:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=answer_in_turns, args=(theirs, contestant, case), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(timeout=10)
        process.kill()


def measure(case: Case, contestants: list[str], rounds: int, requests: int) -> dict[str, list[float]]:
    """Return each contestant's microseconds, one figure a round."""
    with ExitStack() as stack:
        processes = {name: stack.enter_context(contestant_process(name, case)) for name in contestants}
        _require_same_answers({name: connection.recv() for name, connection in processes.items()}, case)
        figures: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(rounds):
            first = number % len(contestants)
            for name in contestants[first:] + contestants[:first]:
                processes[name].send(requests)
                figures[name].append(processes[name].recv())
        return figures


def _require_same_answers(answers: Mapping[str, tuple[int, bytes]], case: Case) -> None:
    if answers["lambdakit"][0] != 200 or len(set(answers.values())) > 1:
        raise SystemExit(f"{case.name}: the answers differ, so nothing was timed: {answers}")


# --- the report ---


def summarize(case: Case, figures: Mapping[str, list[float]]) -> dict[str, Any]:
    ours = figures["lambdakit"]
    peers = [name for name in figures if name != "lambdakit"]
    pairs = {name: zip(ours, figures[name], strict=True) for name in peers}
    return {
        "request": case.name,
        "microseconds": {name: round(median(values), 1) for name, values in figures.items()},
        "ratios": {name: round(median(mine / its for mine, its in pairs[name]), 3) for name in peers},
        "bounds": {name: case.bounds[name] for name in peers},
    }


def render(run: Mapping[str, Any]) -> str:
    """Return a run as a Markdown table with a line on where it was measured."""
    packages = ", ".join(f"{name} {number}" for name, number in run["packages"].items())
    peers = list(run["cases"][0]["ratios"])
    header = ["request", "lambdakit", *peers, *(f"lambdakit / {peer}" for peer in peers)]
    rows = [header, ["---"] + ["--:"] * (len(header) - 1), *(_row(case, peers) for case in run["cases"])]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"Python {run['python']}, {run['date']}, {run['machine']}, load {run['load']}, {run['rounds']} rounds of "
        f"{run['requests']} requests; {packages}.\n\n{table}\n"
    )


def _row(case: Mapping[str, Any], peers: list[str]) -> list[str]:
    times = [f"{case['microseconds'][name]:.1f} µs" for name in ("lambdakit", *peers)]
    ratios = [f"{case['ratios'][name]:.2f} (≤ {case['bounds'][name]:.2f})" for name in peers]
    return [case["request"], *times, *ratios]


def broken_bounds(run: Mapping[str, Any]) -> list[str]:
    return [
        f"{case['request']}: {case['ratios'][peer]:.3f} of {peer}, at most {bound:.2f} is allowed"
        for case in run["cases"]
        for peer, bound in case["bounds"].items()
        if case["ratios"][peer] > bound
    ]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each contestant has its turn (default: 15)")
    parser.add_argument("--requests", type=int, default=300, help="timed requests in a turn (default: 300)")
    add_options(parser)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    contestants = [name for name in CONTESTANTS if name != "zappa" or find_spec("zappa")]
    if "zappa" not in contestants:
        print("Zappa is not installed and takes no part: pip install zappa==0.63.0\n", file=sys.stderr)
    run = describe_run(PACKAGES, rounds=arguments.rounds, requests=arguments.requests)
    run["cases"] = [summarize(case, measure(case, contestants, arguments.rounds, arguments.requests)) for case in CASES]
    print(render(run))
    if arguments.record:
        record(RESULTS, run, head=_HEAD, render=render)
    return conclude(broken_bounds(run), is_checked=arguments.check)


if __name__ == "__main__":
    use_bytecode()
    sys.exit(main())
