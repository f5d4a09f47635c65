"""Messages a second through boto3: the local queues beside moto's server, in one run.

Both serve in a process of their own; the clients are threads of this one, each with a boto3 client. What is timed is
receiving and deleting, ten at a time or one by one, and sending ten at a time.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import boto3
from harness.report import add_options, conclude, describe_run, record, use_bytecode

from lambdakit.emulator.queues import Broker

RESULTS = Path(__file__).parent / "results" / "queues.json"
PACKAGES = ("lambdakit", "boto3", "moto", "uvicorn", "h11")
MESSAGES = {"lambdakit": 3000, "moto": 200}
"""How many messages a figure is taken from; moto's take longer."""
CLIENTS = (1, 4)
WAYS = ("sent in tens", "received and deleted in tens", "received and deleted singly")
BOUNDS = {WAYS[1]: 1500, WAYS[2]: 300}
"""Messages a second that the local queues have to manage with four clients."""
BODY = "x" * 200
_HEAD = "# Messages a second through boto3\n\nWritten by `python benchmarks/queues.py --record`."
_SESSION: Any = boto3.session.Session()


async def serve(path: Path) -> None:
    async with Broker(path) as broker:
        print(broker.address, flush=True)
        await asyncio.Event().wait()


# --- the contestants ---


@contextmanager
def lambdakit_server() -> Generator[str]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", f"{folder}/queues.sqlite"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline().strip()
            finally:
                process.kill()


@contextmanager
def moto_server() -> Generator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("moto's server did not start")


SERVERS: Mapping[str, Callable[[], Any]] = {"lambdakit": lambdakit_server, "moto": moto_server}


# --- the measurement ---


class Client:
    def __init__(self, address: str) -> None:
        self._sqs = _SESSION.client(
            "sqs", endpoint_url=address, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self._url = self._sqs.create_queue(QueueName="queue")["QueueUrl"]

    def send(self, count: int) -> int:
        entries = [{"Id": str(number), "MessageBody": BODY} for number in range(10)]
        return sum(
            len(self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)["Successful"])
            for _ in range(count // 10)
        )

    def consume_in_tens(self, _: int) -> int:
        done = 0
        while messages := self._receive(10):
            entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
            done += len(self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)["Successful"])
        return done

    def consume_singly(self, _: int) -> int:
        done = 0
        while messages := self._receive(1):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=messages[0]["ReceiptHandle"])
            done += 1
        return done

    def _receive(self, count: int) -> list[Any]:
        # Long enough hidden that no message is counted twice.
        how = {"MaxNumberOfMessages": count, "VisibilityTimeout": 600}
        return self._sqs.receive_message(QueueUrl=self._url, **how).get("Messages", [])


def measure(contestant: str) -> dict[str, float]:
    """Return messages a second, by the way and the number of clients."""
    figures: dict[str, float] = {}
    with SERVERS[contestant]() as address:
        for count in CLIENTS:
            clients = [Client(address) for _ in range(count)]
            send, in_tens, singly = (
                [getattr(client, name) for client in clients] for name in ("send", "consume_in_tens", "consume_singly")
            )
            messages = MESSAGES[contestant]
            figures[f"{WAYS[0]}, {count}"] = _time(send, messages)
            figures[f"{WAYS[1]}, {count}"] = _time(in_tens, messages)
            _time(send, messages // 2)
            figures[f"{WAYS[2]}, {count}"] = _time(singly, messages // 2)
    return figures


def _time(works: list[Callable[[int], int]], messages: int) -> float:
    """Return messages a second of all clients together; none may be lost or come twice."""
    share = messages // len(works) // 10 * 10
    with ThreadPoolExecutor(len(works)) as threads:
        began = time.perf_counter()
        done = sum(each.result() for each in [threads.submit(work, share) for work in works])
        seconds = time.perf_counter() - began
    if abs(done - messages) >= 10 * len(works):
        raise SystemExit(f"{done} messages instead of {messages}")
    return done / seconds


# --- the report ---


def run(rounds: int) -> dict[str, Any]:
    rows = [f"{way}, {count}" for count in CLIENTS for way in WAYS]
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in SERVERS}
    for _ in range(rounds):
        for name in SERVERS:
            taken[name].append(measure(name))
    figures = {row: {name: median(each[row] for each in taken[name]) for name in SERVERS} for row in rows}
    return {**describe_run(PACKAGES, rounds=rounds), "figures": figures}


def render(found: Mapping[str, Any]) -> str:
    how = f"load {found['load']}, {found['date']}, medians of {found['rounds']}"
    head = f"Python {found['python']}, {found['machine']}, {how}:"
    lines = [head, "", "| messages a second, clients | lambdakit | moto's server |", "|---|---|---|"]
    lines += [f"| {row} | {each['lambdakit']:,.0f} | {each['moto']:,.0f} |" for row, each in found["figures"].items()]
    return "\n".join([*lines, ""])


def find_broken(found: Mapping[str, Any]) -> list[str]:
    ours = {way: found["figures"][f"{way}, {CLIENTS[-1]}"]["lambdakit"] for way in BOUNDS}
    return [f"{way}: {ours[way]:.0f} a second, wanted {least}" for way, least in BOUNDS.items() if ours[way] < least]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    add_options(parser)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
    found = run(options.rounds)
    print(render(found))
    if options.record:
        record(RESULTS, found, head=_HEAD, render=render)
    return conclude(find_broken(found), is_checked=options.check)


if __name__ == "__main__":
    use_bytecode()
    sys.exit(main())
