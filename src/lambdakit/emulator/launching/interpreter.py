import asyncio
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from lambdakit.errors import MissingExtra, UserError

_TIME_LIMIT = 30
_QUESTION = """
import importlib.util, json, sys
modules = "awslambdaric", "lambdakit", "runtime_client", "debugpy"
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "base": sys.base_prefix,
    "folders": [sys.prefix, sys.base_prefix, *sys.path],
    "modules": [name for name in modules if importlib.util.find_spec(name)],
}))
"""
_INSTALL = {"lambdakit": "lambdakit", "awslambdaric": "'lambdakit[local]'", "debugpy": "debugpy"}


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """The Python that runs a function, as it describes itself.

    `folders` are the places it imports from, and `base` the installation that a virtual environment rests on.
    """

    path: Path
    version: str
    base: Path
    folders: tuple[Path, ...]
    has_native_client: bool


async def examine_interpreter(path: Path, *, runtime: str = "awslambdaric", is_debugged: bool) -> Interpreter:
    """Ask an interpreter what it is, once per process.

    Raises UserError when it does not answer, MissingExtra when a package is missing that the function needs there.
    """
    return await asyncio.to_thread(_examine, path, (runtime, "debugpy") if is_debugged else (runtime,))


@cache
def _examine(path: Path, needed: tuple[str, ...]) -> Interpreter:
    answer = _ask(path)
    modules = cast("list[str]", answer["modules"])
    for name in needed:
        if name not in modules:
            fix = f"{path} -m pip install {_INSTALL[name]}"
            raise MissingExtra(f"the package {name} is missing", where=str(path), fix=fix)
    return Interpreter(
        path=path,
        version=cast("str", answer["version"]),
        base=Path(cast("str", answer["base"])),
        folders=tuple(Path(name) for name in cast("list[str]", answer["folders"]) if Path(name).is_dir()),
        has_native_client="runtime_client" in modules,
    )


def _ask(path: Path) -> dict[str, object]:
    # Without the developer's environment: PYTHONPATH would show packages that the function will not see.
    command = [path, "-P", "-c", _QUESTION]
    try:
        done = subprocess.run(command, env={}, cwd="/", capture_output=True, check=True, timeout=_TIME_LIMIT)  # noqa: S603 (the user's own interpreter)
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        fix = "name a Python interpreter of version 3.11 or newer"
        raise UserError(f"the interpreter does not answer: {error}", where=str(path), fix=fix) from error
