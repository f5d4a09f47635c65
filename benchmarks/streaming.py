"""Streams, work after the response, many requests at a time and warm round trips, next to awslambdaric with mangum.

Each contestant is a real runtime in a process of its own, with the same app, and both talk to the same kind of Runtime
API in this process.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from harness.apps import SLOW_SECONDS, TASK_SECONDS
from harness.functions import CONTESTANTS, Function, make_event
from harness.report import add_options, conclude, describe_run, record, use_bytecode

RESULTS = Path(__file__).parent / "results" / "streaming.json"
OURS, THEIRS = CONTESTANTS
_HEAD = """# Streams, work after the response, many requests at a time

Written by `python benchmarks/streaming.py --record`."""
_SMALL = json.dumps({"name": "teapot", "price": 42, "note": "x" * 950}).encode()
_WARM = {
    "bare app, GET": ("bare", make_event("/items/42")),
    "FastAPI, GET": ("api", make_event("/items/42")),
    "FastAPI, POST 1 KB": ("api", make_event("/items", "POST", _SMALL)),
    "FastAPI, GET, `def` route": ("api", make_event("/sync/items/42")),
}
_SOON_MS = 20.0
_MEMORY_RATIO = 1.15
_WARM_RATIO = 0.9
_GROWTH_MIB = 1.0


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


# --- one stream, one task ---


def measure_stream(contestant: str, rounds: int) -> dict[str, float]:
    """Return the milliseconds until the first server-sent event and until the last byte."""
    firsts: list[float] = []
    lasts: list[float] = []
    with Function(contestant, streams=True) as function:
        for _ in range(rounds + 1):
            began = time.perf_counter()
            answer = function.take(function.send(make_event("/events")))
            firsts.append((answer.mark_at or answer.ended_at) - began)
            lasts.append(answer.ended_at - began)
    # The first request loads what only a first one needs.
    return {"first event": milliseconds(median(firsts[1:])), "last byte": milliseconds(median(lasts[1:]))}


def measure_tasks(contestant: str, tasks: int, environments: int) -> dict[str, Any]:
    """Return the milliseconds until the response of a route that starts a task, and how many tasks were completed."""
    with ThreadPoolExecutor(environments) as threads:
        each = tasks // environments
        runs = list(threads.map(_order, [contestant] * environments, [each] * environments))
    times = sorted(figure for times, _ in runs for figure in times)
    return {
        "response": milliseconds(median(times)),
        "slowest": milliseconds(times[-1]),
        "completed": sum(completed for _, completed in runs),
        "ordered": each * environments,
    }


def _order(contestant: str, tasks: int) -> tuple[list[float], int]:
    times: list[float] = []
    with Function(contestant) as function:
        function.ask(make_event("/items/42"))
        for _ in range(tasks):
            function.settle()
            began = time.perf_counter()
            times.append(function.take(function.send(make_event("/orders", "POST"))).ended_at - began)
        return times, int(function.ask(make_event("/completed")).body)


# --- many at a time ---


def measure_many(contestant: str, slots: int, path: str) -> dict[str, float]:
    """Return the processes and their memory in MiB, idle and amid as many slow requests as there are slots."""
    with Function(contestant, slots=slots) as function:
        idle = function.memory()
        began = time.perf_counter()
        sent = [function.send(make_event(path)) for _ in range(slots)]
        time.sleep(SLOW_SECONDS / 2)
        busy, processes = function.memory(), len(function.family())
        ended = max(function.take(request_id).ended_at for request_id in sent)
        return {
            "processes": processes,
            "idle MiB": round(idle, 1),
            "busy MiB": round(busy, 1),
            "seconds": round(ended - began, 2),
        }


# --- warm round trips ---


def measure_warm(name: str, rounds: int, requests: int) -> dict[str, Any]:
    """Return the milliseconds of a round trip, and the median of the ratios of the rounds."""
    app, event = _WARM[name]
    figures: dict[str, list[float]] = {contestant: [] for contestant in CONTESTANTS}
    with ExitStack() as stack:
        functions = {contestant: stack.enter_context(Function(contestant, app)) for contestant in CONTESTANTS}
        _require_same_answers(functions, event)
        for number in range(rounds):
            for contestant in list(CONTESTANTS)[:: 1 if number % 2 else -1]:
                figures[contestant].append(_time_requests(functions[contestant], event, requests))
    ratios = [ours / theirs for ours, theirs in zip(figures[OURS], figures[THEIRS], strict=True)]
    times = {contestant: milliseconds(median(values)) for contestant, values in figures.items()}
    return {**times, "ratio": round(median(ratios), 3)}


def _require_same_answers(functions: Mapping[str, Function], event: bytes) -> None:
    answers = {contestant: function.ask(event) for contestant, function in functions.items()}
    bodies = {answer.body for answer in answers.values()}
    if len(bodies) > 1 or any(answer.status != 200 for answer in answers.values()):
        raise SystemExit(f"the answers differ, so nothing was timed: {answers}")


def _time_requests(function: Function, event: bytes, requests: int) -> float:
    times: list[float] = []
    for _ in range(requests):
        function.settle()
        began = time.perf_counter()
        times.append(function.take(function.send(event)).ended_at - began)
    return median(times)


# --- growth ---


def measure_growth(invocations: int) -> dict[str, Any]:
    """Return what memory and descriptors have grown by between the first tenth and the last of many invocations."""
    events = [event for app, event in _WARM.values() if app == "api"]
    with Function(OURS) as function:
        for number in range(invocations // 10):
            function.take(function.send(events[number % len(events)]))
        memory, descriptors = function.memory(), function.descriptors()
        for number in range(invocations - invocations // 10):
            function.take(function.send(events[number % len(events)]))
        function.settle()
        return {
            "invocations": invocations,
            "MiB": round(function.memory() - memory, 2),
            "descriptors": function.descriptors() - descriptors,
        }


# --- the report ---


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    run = describe_run(rounds=arguments.rounds, requests=arguments.requests)
    run["warm"] = {name: measure_warm(name, arguments.rounds, arguments.requests) for name in _WARM}
    run["growth"] = measure_growth(arguments.invocations)
    run["stream"] = {contestant: measure_stream(contestant, arguments.rounds) for contestant in CONTESTANTS}
    run["tasks"] = {
        contestant: measure_tasks(contestant, arguments.tasks, arguments.environments) for contestant in CONTESTANTS
    }
    run["many"] = {
        f"{slots} `{kind}`": {contestant: measure_many(contestant, slots, path) for contestant in CONTESTANTS}
        for slots in (4, 16)
        for kind, path in (("async def", "/slow"), ("def", "/sync/slow"))
    }
    return run


def render(run: Mapping[str, Any]) -> str:
    """Return a run as Markdown tables with a line on where it was measured."""
    packages = ", ".join(f"{name} {number}" for name, number in run["packages"].items())
    growth = run["growth"]
    grown = f"{growth['MiB']:+.2f} MiB and {growth['descriptors']:+d} descriptors since the first tenth of them"
    return "\n".join(
        [
            f"Python {run['python']}, {run['date']}, {run['machine']}, load {run['load']}; {packages}.",
            "",
            *_table(["", OURS, THEIRS], _stream_rows(run)),
            "",
            *_table(["many at a time", "processes", "idle", "busy", "all answered"], _many_rows(run)),
            "",
            *_table(["warm round trip", OURS, THEIRS, "ratio"], _warm_rows(run)),
            "",
            f"After {growth['invocations']:,} invocations: {grown}.",
            "",
        ]
    )


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [header, ["---"] + ["--:"] * (len(header) - 1), *rows]]


def _stream_rows(run: Mapping[str, Any]) -> list[list[str]]:
    def both(kind: str, figure: Callable[[Mapping[str, Any]], str]) -> list[str]:
        return [figure(run[kind][contestant]) for contestant in CONTESTANTS]

    return [
        ["first event of a stream", *both("stream", lambda figures: f"{figures['first event']:.1f} ms")],
        ["its last byte", *both("stream", lambda figures: f"{figures['last byte']:.1f} ms")],
        [
            f"response of a route with a task of {TASK_SECONDS} s",
            *both("tasks", lambda figures: f"{figures['response']:.1f} ms, slowest {figures['slowest']:.1f} ms"),
        ],
        ["tasks completed", *both("tasks", lambda figures: f"{figures['completed']} of {figures['ordered']}")],
    ]


def _many_rows(run: Mapping[str, Any]) -> list[list[str]]:
    return [
        [
            f"{case}, {contestant}",
            str(figures["processes"]),
            f"{figures['idle MiB']:.1f} MiB",
            f"{figures['busy MiB']:.1f} MiB",
            f"{figures['seconds']:.2f} s",
        ]
        for case, contestants in run["many"].items()
        for contestant, figures in contestants.items()
    ]


def _warm_rows(run: Mapping[str, Any]) -> list[list[str]]:
    return [
        [name, f"{figures[OURS]:.2f} ms", f"{figures[THEIRS]:.2f} ms", f"{figures['ratio']:.2f}"]
        for name, figures in run["warm"].items()
    ]


def broken_bounds(run: Mapping[str, Any]) -> list[str]:
    """Return what is not as it has to be, a line for each."""
    stream, tasks, growth = run["stream"][OURS], run["tasks"][OURS], run["growth"]
    many = {case: figures[OURS] for case, figures in run["many"].items()}
    holds = {
        f"the first event comes within {_SOON_MS} ms": stream["first event"] < _SOON_MS,
        f"the response before a task comes within {_SOON_MS} ms": tasks["response"] < _SOON_MS,
        "every task is completed": tasks["completed"] == tasks["ordered"],
        f"memory grows by at most {_GROWTH_MIB} MiB": growth["MiB"] <= _GROWTH_MIB,
        "no descriptor stays open": growth["descriptors"] <= 0,
        **{f"one process serves {case}": figures["processes"] == 1 for case, figures in many.items()},
        **{
            f"{case} take at most {_MEMORY_RATIO} of the idle memory": figures["busy MiB"]
            <= _MEMORY_RATIO * figures["idle MiB"]
            for case, figures in many.items()
        },
        **{
            f"{name}: at most {_WARM_RATIO} of {THEIRS}": figures["ratio"] <= _WARM_RATIO
            for name, figures in run["warm"].items()
        },
    }
    return [f"does not hold: {promise}" for promise, is_kept in holds.items() if not is_kept]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each contestant has its turn (default: 9)")
    parser.add_argument("--requests", type=int, default=200, help="timed requests in a turn (default: 200)")
    parser.add_argument("--tasks", type=int, default=200, help="requests that leave a task behind (default: 200)")
    parser.add_argument("--environments", type=int, default=8, help="how many share those (default: 8)")
    parser.add_argument("--invocations", type=int, default=20_000, help="for growth (default: 20000)")
    add_options(parser)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    run = measure(arguments)
    print(render(run))
    if arguments.record:
        record(RESULTS, run, head=_HEAD, render=render)
    return conclude(broken_bounds(run), is_checked=arguments.check)


if __name__ == "__main__":
    use_bytecode()
    sys.exit(main())
