"""A function on Managed Instances, called many times at once, in the local Lambda and in AWS's emulator.

AWS's emulator starts such a function from /var/task, by the program `bootstrap` in it and as another user. It gets a
/var of its own for that, which only root can give.
"""

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import lambdakit
from lambdakit.emulator import Environment, FunctionConfiguration
from tests.emulator.contract.answers import Seen, error_type, read_answer
from tests.emulator.contract.rie import Caller, NotHere, run_emulator

AT_ONCE = 8
TIMEOUT = 3
_MEMORY = 2048
_PATIENCE = 20
_PACKAGE = Path(lambdakit.__file__).parent
_PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_COMMANDS = {
    "awslambdaric": f"/var/base/bin/{_PYTHON} -m awslambdaric app.handler",
    "lambdakit": f"/var/task/lambdakit/runtime/bootstrap /var/base/bin/{_PYTHON} /var/runtime/bootstrap.py",
}
_MOUNTS = """
    set -e
    mount -t tmpfs tmpfs /var
    mkdir /var/task /var/base /var/site
    mount --bind "$1" /var/task
    mount --bind "$2" /var/task/lambdakit
    mount --bind "$3" /var/base
    mount --bind "$4" /var/site
    shift 4
    exec "$@"
"""
_UNSHARE = ["unshare", "--mount", "--propagation", "private"]


def call_locally(source: str, runtime: str, folder: Path, payloads: Sequence[bytes]) -> list[Seen]:
    """Call a function at once with each payload, in one environment of the local Lambda."""
    (folder / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
    configuration = FunctionConfiguration(
        handler="app.handler",
        task_root=folder,
        memory=_MEMORY,
        timeout=TIMEOUT,
        max_concurrency=AT_ONCE,
        runtime="lambdakit" if runtime == "lambdakit" else "awslambdaric",
    )

    async def call() -> list[Seen]:
        async with Environment(configuration, log=print) as environment:
            outcomes = await asyncio.gather(*(environment.invoke(payload) for payload in payloads))
            return [read_answer(outcome.payload) for outcome in outcomes]

    return asyncio.run(call())


def call_in_aws_emulator(source: str, runtime: str, folder: Path, payloads: Sequence[bytes]) -> list[Seen]:
    """Call a function at once with each payload, in AWS's own emulator; raises NotHere."""
    check_rights()
    _write_task(source, runtime, folder)
    site = next(path for path in sys.path if path.endswith("site-packages"))
    around = [*_UNSHARE, "sh", "-c", _MOUNTS, "sh", str(folder), str(_PACKAGE), sys.base_prefix, site]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "/var/site",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{_PYTHON}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY),
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances",
        "AWS_LAMBDA_MAX_CONCURRENCY": str(AT_ONCE),
        "LAMBDA_TASK_ROOT": "/var/task",
        "_HANDLER": "app.handler",
    }
    emulator = run_emulator(["/var/task/bootstrap"], folder, variables, around=around)
    with emulator as caller, ThreadPoolExecutor(len(payloads)) as pool:
        return list(pool.map(partial(_invoke, caller), payloads))


def _invoke(caller: Caller, payload: bytes) -> Seen:
    # Where the local Lambda lets an invocation wait for a free slot, AWS's emulator refuses it.
    end = time.monotonic() + _PATIENCE
    while error_type(seen := read_answer(caller.invoke(payload, None))) == "Runtime.Unavailable":
        assert time.monotonic() < end, seen
        time.sleep(0.02)
    return seen


def _write_task(source: str, runtime: str, folder: Path) -> None:
    (folder / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
    (folder / "lambdakit").mkdir()
    start = f"#!/bin/sh\nexport LD_LIBRARY_PATH=/var/base/lib\nexec {_COMMANDS[runtime]}\n"
    (folder / "bootstrap").write_text(start)
    (folder / "bootstrap").chmod(0o755)
    # The user as whom the function runs has to get in.
    folder.chmod(0o777)


@cache
def check_rights() -> None:
    """Raise NotHere where this process may not mount, or may not start programs as another user."""
    if os.name != "posix" or os.geteuid() != 0:
        raise NotHere("AWS's emulator starts managed functions from /var/task as another user: that takes root")
    done = subprocess.run([*_UNSHARE, "true"], capture_output=True, text=True, check=False, timeout=10)
    if done.returncode:
        raise NotHere(f"AWS's emulator needs a /var/task of its own, and nothing can be mounted here: {done.stderr}")


TARGETS: Mapping[str, Callable[[str, str, Path, Sequence[bytes]], list[Seen]]] = {
    "local": call_locally,
    "rie": call_in_aws_emulator,
}
"""By name."""
