"""Small Lambda functions for the tests of this folder: written to a folder, run in a real environment."""

import asyncio
import contextlib
import json
import shutil
import sys
import sysconfig
import textwrap
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from lambdakit.emulator import Environment, FunctionConfiguration, Outcome

AWSLAMBDARIC = ("awslambdaric", "simplejson", "snapshot_restore_py")
"""What awslambdaric consists of, all but its native client."""

NATIVE_CLIENT = "runtime_client"

ANY = json.dumps({}).encode()


@dataclass
class Run:
    """What came of some invocations in one environment; `notes` are the toolkit's own lines, `log` all others."""

    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    log: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def take(self, record: str) -> None:
        (self.notes if record.startswith("lambdakit: ") else self.log).append(record)

    def results(self) -> list[Any]:
        return [json.loads(outcome.payload) for outcome in self.outcomes]

    def lines(self, beginning: str) -> list[str]:
        return [line for line in self.log if line.startswith(beginning)]


def configure(folder: Path, source: str, **settings: Any) -> FunctionConfiguration:
    """Write the source as `app.py` below the folder and return a configuration whose handler is `app.handler`."""
    root = folder / "task"
    root.mkdir(exist_ok=True)
    (root / "app.py").write_text(textwrap.dedent(source))
    defaults: dict[str, Any] = {"handler": "app.handler", "task_root": root}
    return FunctionConfiguration(**defaults | settings)


def invoke(configuration: FunctionConfiguration, *payloads: bytes) -> Run:
    """Invoke a function once for each payload, one after the other, in one environment."""
    run = Run()

    async def call_all() -> None:
        async with Environment(configuration, log=run.take) as environment:
            for payload in payloads or [ANY]:
                run.outcomes.append(await environment.invoke(payload))

    asyncio.run(call_all())
    return run


def make_interpreter(folder: Path, *packages: str) -> Path:
    """Make a virtual environment with copies of the named packages, modules and extensions of ours."""
    venv.create(folder, symlinks=True)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    target = folder / "lib" / version / "site-packages"
    for installed in Path(sysconfig.get_path("purelib")).iterdir():
        if installed.name.split(".")[0] in packages:
            copy = shutil.copytree if installed.is_dir() else shutil.copy
            copy(installed, target / installed.name)
    return folder / "bin" / "python"


def children() -> list[psutil.Process]:
    """Return the processes below this one, all but the guard, which stays for the next environment."""
    return [child for child in psutil.Process().children(recursive=True) if not _is_guard(child)]


def _is_guard(process: psutil.Process) -> bool:
    # One that has ended has no command line any more.
    with contextlib.suppress(psutil.Error):
        return any("guard_process" in word for word in process.cmdline())
    return False


def has_ended(process_id: int) -> bool:
    """Say whether a process ends within ten seconds; one that only waits to be collected has ended.

    Waiting for it would collect a child that asyncio waits for, so this looks every now and then.
    """
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False
