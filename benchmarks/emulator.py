"""`toolkit dev` from its start to its first answer, its front doors under load, reloads and memory.

Next to serverless-offline, which runs Python functions without Docker as well; SAM CLI cannot, so it has no row.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from harness.report import add_options, conclude, describe_run, record, use_bytecode
from harness.services import PEER, VIAS, Service

RESULTS = Path(__file__).parent / "results" / "emulator.json"
OURS = "toolkit dev"
_HEAD = """# The local service: start, front doors, reloads, memory

Written by `python benchmarks/emulator.py --record`."""
_PATH = "/items/42"
_FIRST_ANSWER_S = 3.0
_RELOAD_S = 1.5
_WARM_PER_SECOND = 300


def measure_starts(contestant: str, rounds: int) -> float:
    """Return the median of the seconds from the start of the command to the first answer."""
    times: list[float] = []
    for _ in range(rounds):
        with Service(contestant) as service:
            times.append(service.first_answer)
    return round(median(times), 2)


def measure_doors(contestant: str, via: str, requests: int, clients: int) -> dict[str, float]:
    """Return warm requests a second, one at a time and with several clients, and the memory then, in MiB."""
    with Service(contestant, via=via) as service:
        _send(service, requests // 10)
        alone = _rate(service, requests, 1)
        _send_from(service, [requests // 10] * clients)
        return {"one": alone, "several": _rate(service, requests, clients), "memory": round(service.memory())}


def _rate(service: Service, requests: int, clients: int) -> float:
    began = time.perf_counter()
    _send_from(service, [requests // clients] * clients)
    return round(requests / (time.perf_counter() - began))


def _send_from(service: Service, shares: Sequence[int]) -> None:
    """Let one client for each share send so many requests, all at the same time."""
    with ThreadPoolExecutor(len(shares)) as threads:
        list(threads.map(_send, [service] * len(shares), shares))


def _send(service: Service, requests: int) -> None:
    connection = service.connect()
    for _ in range(requests):
        status, body = service.ask(_PATH, connection)
        if (status, body) != (200, b'{"id":42}'):
            raise SystemExit(f"unexpected answer: {status} {body!r}")
    connection.close()


def measure_reloads(rounds: int) -> float:
    """Return the median of the seconds from a save to the first answer of the new code."""
    with Service(OURS, via="function-url") as service:
        return round(median(service.reload(str(number)) for number in range(1, rounds + 1)), 2)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure everything; the peer is left out, and named, where npm is missing."""
    results: dict[str, Any] = describe_run(rounds=arguments.rounds)
    contestants = [OURS] if arguments.alone else [OURS, PEER]
    results["first answer"] = {name: measure_starts(name, arguments.rounds) for name in contestants}
    results["doors"] = {via: measure_doors(OURS, via, arguments.requests, arguments.clients) for via in VIAS}
    if PEER in contestants:
        results["doors"][PEER] = measure_doors(PEER, "http-api", arguments.requests // 10, arguments.clients)
    results["reload"] = measure_reloads(arguments.rounds)
    return results


def show(results: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    how = f"load {results['load']}, {results['date']}, medians of {results['rounds']}"
    lines = [f"Python {results['python']}, {results['machine']}, {how}:", ""]
    lines += [f"| | {' | '.join(results['first answer'])} |", f"|---|{'---|' * len(results['first answer'])}"]
    starts = " | ".join(f"{seconds:.2f} s" for seconds in results["first answer"].values())
    lines += [f"| start of the command to the first answer | {starts} |", ""]
    lines += ["| front door | warm requests a second | several at a time | memory |", "|---|---|---|---|"]
    for name, door in results["doors"].items():
        lines.append(f"| {name} | {door['one']:.0f} | {door['several']:.0f} | {door['memory']:.0f} MiB |")
    return "\n".join([*lines, "", f"A save is answered by the new code after {results['reload']:.2f} s.", ""])


def broken_bounds(results: Mapping[str, Any]) -> list[str]:
    """Return each promise that is not kept."""
    first, door = results["first answer"][OURS], results["doors"]["function-url"]
    holds = {
        f"the first answer comes within {_FIRST_ANSWER_S} s": first <= _FIRST_ANSWER_S,
        f"new code answers within {_RELOAD_S} s": results["reload"] <= _RELOAD_S,
        f"a function URL serves {_WARM_PER_SECOND} warm requests a second": door["several"] >= _WARM_PER_SECOND,
    }
    return [f"does not hold: {promise}" for promise, is_kept in holds.items() if not is_kept]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--alone", action="store_true", help=f"without {PEER}, which npm installs")
    parser.add_argument("--rounds", type=int, default=5, help="starts, and reloads (default: 5)")
    parser.add_argument("--requests", type=int, default=2000, help="timed requests to each door (default: 2000)")
    parser.add_argument("--clients", type=int, default=4, help="how many send at a time (default: 4)")
    add_options(parser)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    results = run(arguments)
    print(show(results))
    if arguments.record:
        record(RESULTS, results, head=_HEAD, render=show)
    return conclude(broken_bounds(results), is_checked=arguments.check)


if __name__ == "__main__":
    use_bytecode()
    sys.exit(main())
