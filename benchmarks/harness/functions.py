"""A function under measure: a real runtime in a process of its own, and the Runtime API that it talks to."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import psutil

from harness.runtime_api import Answer, RuntimeApi
from lambdakit.events import FORMATS, Gateway, Headers, Request, Response

CONTESTANTS = {
    "lambdakit": ("lambdakit.runtime", "harness.on_lambdakit"),
    "awslambdaric + mangum": ("awslambdaric", "harness.on_mangum"),
}
_ROOT = Path(__file__).parents[1]
_URL = FORMATS["function-url"]
_HEADERS: Headers = [
    (b"host", b"id.lambda-url.us-east-1.on.aws"),
    (b"accept", b"application/json, text/plain, */*"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"authorization", b"Bearer " + b"x" * 200),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
]


def make_event(path: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Return the event of a request to a function URL."""
    headers = _HEADERS
    if body:
        headers = [*headers, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    request = Request(method, path, path.encode(), b"", headers, body)
    return json.dumps(_URL.encode_request(request, Gateway())).encode()


class Function:
    """One environment of a contestant; with `slots` that many invocations at a time, as on Managed Instances."""

    def __init__(self, contestant: str, app: str = "api", *, slots: int | None = None, streams: bool = False) -> None:
        self._runtime, module = CONTESTANTS[contestant]
        self._handler = f"{module}.{app}"
        self._slots = slots
        self._streams = streams
        self._api = RuntimeApi()

    def __enter__(self) -> Self:
        self._output = tempfile.TemporaryFile()
        command = [sys.executable, "-m", self._runtime, self._handler]
        self._process = subprocess.Popen(
            command, cwd=_ROOT, env=self._variables(), stdout=self._output, stderr=self._output
        )
        try:
            self._api.wait_for_slots(self._slots or 1)
        except BaseException:
            self._output.seek(0)
            sys.stderr.write(self._output.read().decode(errors="replace"))
            self.__exit__()
            raise
        return self

    def _variables(self) -> dict[str, str]:
        variables = {
            **os.environ,
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "shop",
            "LAMBDA_TASK_ROOT": str(_ROOT),
            "PYTHONPATH": str(_ROOT),
            "_HANDLER": self._handler,
        }
        if self._slots is not None:
            variables["AWS_LAMBDA_MAX_CONCURRENCY"] = str(self._slots)
        if self._streams:
            variables["LAMBDAKIT_STREAMING"] = "function-url"
        return variables

    def __exit__(self, *_: object) -> None:
        for process in self.family():
            process.kill()
        self._process.wait(timeout=10)
        self._api.close()
        self._output.close()

    def family(self) -> list[psutil.Process]:
        """Return the function's processes."""
        main = psutil.Process(self._process.pid)
        return [*main.children(recursive=True), main]

    def memory(self) -> float:
        """Return what the processes use, in MiB; what they share is counted once."""
        return sum(process.memory_full_info().pss for process in self.family()) / 2**20

    def descriptors(self) -> int:
        """Return how many file descriptors the main process has open."""
        return psutil.Process(self._process.pid).num_fds()

    def send(self, event: bytes) -> str:
        """Deliver an event as soon as the function asks for one, and return its id."""
        self._api.wait_for_slots(1)
        return self._api.deliver(event)

    def take(self, request_id: str) -> Answer:
        """Wait for the answer to an event; SystemExit when it is an error."""
        answer = self._api.take_answer(request_id)
        if answer.is_error:
            raise SystemExit(f"{self._runtime} answered with an error: {answer.body.decode(errors='replace')}")
        return answer

    def ask(self, event: bytes) -> Response:
        """Return the response to an event."""
        return _URL.decode_response(json.loads(self.take(self.send(event)).body), Gateway())

    def settle(self) -> None:
        """Wait until the function asks for its next events, in all of its slots."""
        self._api.wait_for_slots(self._slots or 1)
