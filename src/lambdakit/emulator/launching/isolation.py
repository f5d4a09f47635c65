"""Gives a command its own /tmp and code that it cannot change, by Linux mount namespaces.

The commands `unshare` and `mount` of util-linux do the work. Root needs a mount namespace alone; anyone else gets it
inside a user namespace and is mapped back to the own user id before the command starts.
"""

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

_TMP = Path("/tmp")  # noqa: S108 (Lambda's own scratch folder, the one to replace)
_TIME_LIMIT = 10
# Arguments: the mount command, pairs of folder and place to show it at, "--", the scratch folder, the command.
# Folders below /tmp are attached inside the scratch folder first and move along with it.
_MOUNT = """
set -e
while [ "$1" != -- ]; do "$0" --rbind "$1" "$2"; "$0" -o remount,bind,ro "$2"; shift 2; done
"$0" --rbind "$2" /tmp
shift 2
exec "$@"
"""


def isolate(
    command: Sequence[str], *, scratch: Path, working_folder: Path, read_only: Iterable[Path], visible: Iterable[Path]
) -> list[str]:
    """Return the command that runs `command` with `scratch` as its /tmp and the `read_only` folders unchangeable.

    `visible` folders are needed as they are: those that lie below /tmp are shown there, read-only.
    """
    below = (folder for folder in visible if folder.is_relative_to(_TMP))
    mounts: list[str] = []
    for folder in _outermost([*read_only, *below]):
        place = folder
        if folder.is_relative_to(_TMP):
            place = scratch / folder.relative_to(_TMP)
            place.mkdir(parents=True, exist_ok=True)
        mounts += [str(folder), str(place)]
    script = ["/bin/sh", "-c", _MOUNT, _find("mount"), *mounts, "--", str(scratch)]
    return [*_enter(), *script, *_leave(working_folder), *command]


def _outermost(folders: Iterable[Path]) -> list[Path]:
    kept: list[Path] = []
    for folder in sorted({folder.absolute() for folder in folders}):
        if not any(folder.is_relative_to(outer) for outer in kept):
            kept.append(folder)
    return kept


def _enter() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [_find("unshare"), *user, "--mount", "--"]


def _find(tool: str) -> str:
    # The function's own PATH is in force when the tool runs, so it cannot be left to that.
    if path := shutil.which(tool):
        return path
    raise FileNotFoundError(f"the command {tool} is missing")


def forget_shell(working_folder: Path) -> list[str]:
    """Return what takes the variables away from a command that a shell may have left."""
    return [_find("env"), f"--chdir={working_folder}", "-u", "_", "-u", "OLDPWD", "SHLVL=0", f"PWD={working_folder}"]


def _leave(working_folder: Path) -> list[str]:
    # The working folder has to be entered anew: until now it is the changeable one below the mount.
    clean = forget_shell(working_folder)
    if os.geteuid() == 0:
        return clean
    return [*clean, _find("unshare"), "--user", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}", "--"]


async def find_gap(needed: Iterable[Path]) -> str | None:
    """Say why `isolate` cannot be used, or None when it can; `needed` are all folders that it will be given."""
    return await asyncio.to_thread(_find_gap, tuple(needed))


def _find_gap(needed: Iterable[Path]) -> str | None:
    # A scratch folder inside a read-only one would be read-only, too.
    for folder, place in itertools.product(needed, (_TMP, Path(tempfile.gettempdir()).resolve())):
        if place.is_relative_to(folder):
            return f"{folder}, a folder of the function's code, contains {place}"
    return _try_out()


@cache
def _try_out() -> str | None:
    if sys.platform != "linux":
        return "mount namespaces exist on Linux only"
    with tempfile.TemporaryDirectory() as folder:
        code, scratch = Path(folder, "code"), Path(folder, "scratch")
        code.mkdir()
        scratch.mkdir()
        test = ["/bin/sh", "-c", 'touch /tmp/written && ! touch "$0/written" 2>&1', str(code)]
        try:
            command = isolate(test, scratch=scratch, working_folder=code, read_only=[code], visible=[])
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIME_LIMIT)  # noqa: S603 (fixed commands)
        except (OSError, subprocess.SubprocessError) as error:
            return f"mount namespaces cannot be used: {error}"
        if done.returncode == 0 and (scratch / "written").exists():
            return None
        return f"mount namespaces cannot be used: {(done.stderr or done.stdout).strip()}"
