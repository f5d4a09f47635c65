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
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

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
    while [ "$1" != -- ]; do
        mkdir -p "$2"
        mount --bind "$1" "$2"
        shift 2
    done
    shift
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
    (folder / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
    site = next(path for path in sys.path if path.endswith("site-packages"))
    mounts = {str(_PACKAGE): "/var/task/lambdakit", site: "/var/site"}
    variables = {"PYTHONPATH": "/var/site", "_HANDLER": "app.handler"}
    emulator = run_managed_emulator(folder, _COMMANDS[runtime], variables, mounts=mounts)
    with emulator as caller, ThreadPoolExecutor(len(payloads)) as pool:
        return list(pool.map(partial(invoke_patiently, caller), payloads))


@contextmanager
def run_managed_emulator(
    folder: Path,
    command: str,
    variables: Mapping[str, str],
    *,
    mounts: Mapping[str, str] = MappingProxyType({}),
    at_once: int = AT_ONCE,
) -> Generator[Caller]:
    """Run AWS's emulator around a folder with a function, of which it then serves many invocations at once."""
    check_rights()
    (folder / "bootstrap").write_text(f"#!/bin/sh\nexport LD_LIBRARY_PATH=/var/base/lib\nexec {command}\n")
    (folder / "bootstrap").chmod(0o755)
    # The user as whom the function runs has to get in.
    folder.chmod(0o777)
    all_mounts = {str(folder): "/var/task", sys.base_prefix: "/var/base", **mounts}
    pairs = [word for pair in all_mounts.items() for word in pair]
    fixed = {
        "PATH": os.environ["PATH"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{_PYTHON}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY),
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances",
        "AWS_LAMBDA_MAX_CONCURRENCY": str(at_once),
        "LAMBDA_TASK_ROOT": "/var/task",
    }
    around = [*_UNSHARE, "sh", "-c", _MOUNTS, "sh", *pairs, "--"]
    with run_emulator(["/var/task/bootstrap"], folder, {**fixed, **variables}, around=around) as caller:
        yield caller


def invoke_patiently(caller: Caller, payload: bytes) -> Seen:
    """Invoke a function as soon as one of its slots is free."""
    # Where the local Lambda lets an invocation wait for a free slot, AWS's emulator refuses it.
    end = time.monotonic() + _PATIENCE
    while error_type(seen := read_answer(caller.invoke(payload, None))) == "Runtime.Unavailable":
        assert time.monotonic() < end, seen
        time.sleep(0.02)
    return seen


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
