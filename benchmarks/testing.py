"""What a test pays that asks `lambdakit.testing` for a function.

.venv/bin/python benchmarks/testing.py [ROUNDS]
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from lambdakit.testing.functions import Functions, Laboratory

_ROOT = Path(__file__).parents[1]
_HANDLER = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"
_IMPORTS = """
import pytest, time
began = time.perf_counter()
import lambdakit.testing.plugin
print(time.perf_counter() - began)
"""
_WARM = 200


def _measure(laboratory: Laboratory, root: Path, name: str, path: str, rounds: int) -> str:
    cold: list[float] = []
    ends: list[float] = []
    warm: list[float] = []
    for _ in range(rounds):
        with ExitStack() as stack:
            began = time.perf_counter()
            function = Functions(laboratory, stack, root)(name)
            function.http.get(path).raise_for_status()
            cold.append(time.perf_counter() - began)
            warm += [_time(partial(function.http.get, path)) for _ in range(_WARM // rounds)]
            began = time.perf_counter()
        ends.append(time.perf_counter() - began)
    return (
        f"{name}: function to first answer {median(cold):.3f} s (slowest of {rounds}: {max(cold):.3f}), "
        f"next answers {median(warm) * 1000:.1f} ms, end {median(ends) * 1000:.0f} ms"
    )


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(rounds: int) -> None:
    """Print one line for each kind of function, and what the plugin costs a run that does not use it."""
    with tempfile.TemporaryDirectory() as folder, Laboratory.open() as laboratory:
        (Path(folder) / "app.py").write_text(_HANDLER)
        print(_measure(laboratory, Path(folder), "app:handler", "/", rounds), flush=True)
        print(_measure(laboratory, _ROOT, "api", "/items/42", rounds), flush=True)
    loads = [
        float(subprocess.run([sys.executable, "-c", _IMPORTS], capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    print(f"plugin in a run that does not use it: {median(loads) * 1000:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
