"""Services that serve a function on this machine: `toolkit dev`, and serverless-offline from npm."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import psutil

VIAS = ("function-url", "http-api", "rest-api", "alb")
PEER = "serverless-offline"
_BENCHMARKS = Path(__file__).parents[1]
_PEER_PACKAGES = ("serverless@3.40.0", "serverless-offline@13.9.0")
_PEER_PORT = 13_999
_START_LIMIT = 60.0
_LOOK = 0.01
_LINES = 20
_DECLARATION = """
[tool.lambdakit.functions.api]
handler = "app.handler"
http = {{ via = "{via}", auth = "none" }}
"""
# It knows no later Python by name; what runs is the one of the virtual environment.
_SERVERLESS = """
service: benchmark
frameworkVersion: "3"
provider:
  name: aws
  runtime: python3.11
plugins: [serverless-offline]
functions:
  api:
    handler: app.handler
    events:
      - httpApi: "*"
"""
_SOURCE = """
VERSION = "{version}"
from apps import api
from {module} import {adapter}
@api.get("/version")
async def version() -> str:
    return VERSION
handler = {adapter}(api{options})
"""


class Service:
    """One function behind a local service, in processes of its own; entered, it has given its first answer.

    `first_answer` is how many seconds that took from the start of the command.
    """

    def __init__(self, contestant: str, *, via: str = "http-api") -> None:
        self._contestant = contestant
        self._via = via
        self.first_answer = 0.0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
        shutil.copy(_BENCHMARKS / "harness" / "apps.py", self._folder)
        self.save("0")
        command, variables = self._prepare()
        self._output = (self._folder / "output.log").open("w+b")
        began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=self._folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        try:
            self.address = self._find_address(began)
            self._wait_for_version("0", began)
        except BaseException:
            self.__exit__()
            raise
        self.first_answer = time.perf_counter() - began
        return self

    def __exit__(self, *_: object) -> None:
        family = self.family()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for process in family:
            if process.is_running():
                process.kill()
        self._output.close()
        shutil.rmtree(self._folder)

    def save(self, version: str) -> None:
        """Write the function's code."""
        is_ours = self._contestant != PEER
        source = _SOURCE.format(
            version=version,
            module="lambdakit.asgi" if is_ours else "mangum",
            adapter="LambdaApp" if is_ours else "Mangum",
            options="" if is_ours else ', lifespan="off"',
        )
        (self._folder / "app.py").write_text(source)

    def _prepare(self) -> tuple[list[str], dict[str, str]]:
        if self._contestant != PEER:
            (self._folder / "pyproject.toml").write_text(_DECLARATION.format(via=self._via))
            return [sys.executable, "-m", "lambdakit", "dev"], {}
        (self._folder / "serverless.yml").write_text(_SERVERLESS)
        (self._folder / "node_modules").symlink_to(find_peer() / "node_modules")
        options = ["--noPrependStageInUrl", "--httpPort", str(_PEER_PORT)]
        command = [str(find_peer() / "node_modules" / ".bin" / "serverless"), "offline", *options]
        return command, {"VIRTUAL_ENV": sys.prefix, "SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}

    def _read_output(self) -> str:
        """Return the last lines that the service has printed."""
        return "\n".join((self._folder / "output.log").read_text().splitlines()[-_LINES:])

    def _find_address(self, began: float) -> str:
        """Return host, port and stage once the service has printed them."""
        if self._contestant == PEER:
            return f"localhost:{_PEER_PORT}"
        while time.perf_counter() - began < _START_LIMIT:
            printed = (self._folder / "output.log").read_text()
            if found := re.search(r"^api +\S+ +http://(\S+)/$", printed, re.MULTILINE):
                return found[1]
            time.sleep(_LOOK)
        raise SystemExit(f"{self._contestant} did not start: {self._read_output()}")

    def _wait_for_version(self, version: str, began: float) -> None:
        while time.perf_counter() - began < _START_LIMIT:
            try:
                status, body = self.ask("/version")
            except OSError:
                time.sleep(_LOOK)
                continue
            if (status, body) == (200, f'"{version}"'.encode()):
                return
        raise SystemExit(f"{self._contestant} gave no answer: {self._read_output()}")

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is kept alive."""
        return http.client.HTTPConnection(self.address.partition("/")[0], timeout=_START_LIMIT)

    def ask(self, path: str, connection: http.client.HTTPConnection | None = None) -> tuple[int, bytes]:
        """Return the status and body of a GET."""
        used = connection or self.connect()
        _, slash, stage = self.address.partition("/")
        used.request("GET", f"{slash}{stage}{path}")
        response = used.getresponse()
        body = response.read()
        if connection is None:
            used.close()
        return response.status, body

    def reload(self, version: str) -> float:
        """Save other code, and return the seconds until it answers."""
        began = time.perf_counter()
        self.save(version)
        self._wait_for_version(version, began)
        return time.perf_counter() - began

    def family(self) -> list[psutil.Process]:
        """Return the service's processes."""
        main = psutil.Process(self._process.pid)
        return [*main.children(recursive=True), main]

    def memory(self) -> float:
        """Return what the processes use, in MiB; what they share is counted once."""
        return sum(process.memory_full_info().pss for process in self.family()) / 2**20


def find_peer() -> Path:
    """Return the folder in which serverless-offline is installed, after installing it there the first time.

    Raises:
        FileNotFoundError: There is no npm.
    """
    folder = _BENCHMARKS.parent / ".toolkit" / "peers" / "serverless-offline"
    if not (folder / "node_modules" / ".bin" / "serverless").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), *_PEER_PACKAGES], check=True)
    return folder
