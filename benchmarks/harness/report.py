"""Where and how something was measured, and how the figures are kept."""

import json
import os
import platform
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("lambdakit", "awslambdaric", "mangum", "zappa", "fastapi", "starlette", "pydantic", "anyio")


def use_bytecode() -> None:
    """Start this program anew where it would not keep compiled bytecode, which would distort all imports."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        # The interpreter read the variable when it started, so that a fresh one has to go without it.
        os.execv(sys.executable, [sys.executable, *sys.argv])


def describe_run(packages: tuple[str, ...] = PACKAGES, **how: Any) -> dict[str, Any]:
    """Return where and when a run was made, with `how` it was made."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "load": f"{os.getloadavg()[0]:.1f}",
        **how,
        "packages": {name: found for name in packages if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def add_options(parser: ArgumentParser) -> None:
    """Add what every benchmark with bounds can be told."""
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound is broken")
    parser.add_argument("--record", action="store_true", help="write the figures into results/")


def conclude(broken: Sequence[str], *, is_checked: bool) -> int:
    """Print the bounds that are broken, and return the exit code."""
    print("\n".join(broken) or "Every bound holds.")
    return 1 if broken and is_checked else 0


def record(path: Path, run: Mapping[str, Any], *, head: str, render: Callable[[Mapping[str, Any]], str]) -> None:
    """Put a run into the results, in the place of the last one with the same minor version of Python."""
    runs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    runs[run["python"].rpartition(".")[0]] = run
    runs = dict(sorted(runs.items(), reverse=True))
    path.write_text(json.dumps(runs, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tables = "\n".join(render(each) for each in runs.values())
    path.with_suffix(".md").write_text(f"{head}\n\n{tables}", encoding="utf-8")
