"""What a snapshot would clone that should be different in each environment, or would not work in any."""

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .scanning import Scan, look_up, scan, state_of

_HOOK = "in an after_restore hook"
_UNUSED = 624
"""Where the generator of the module `random` stands when it has been seeded and not used."""


class Findings:
    """What was found at the snapshot; `connections` are peers of sockets by their descriptors, `threads` are names."""

    def __init__(self, connections: Mapping[int, str], threads: Iterable[str]) -> None:
        self._threads = list(threads)
        self._found = Scan()
        self._connections = {
            number: peer for number, peer in connections.items() if peer != os.environ.get("AWS_LAMBDA_RUNTIME_API")
        }
        self._random: Any = sys.modules.get("random")
        self._state = self._random.getstate() if self._random else None

    def describe_snapshot(self) -> list[str]:
        """Look at all modules, and say what no hook after the restore can make good any more."""
        scan(self._found)
        return [
            *self._describe_connections(),
            *_describe_credentials(),
            *self._describe_threads(),
            *_describe_children(),
        ]

    def describe_restored(self) -> list[str]:
        """Say what is the same in every restored environment; meant for when the hooks have run."""
        same = [each.label for each in self._found.ids if look_up(each.route) == each.value]
        lines = [f"{label} was made in init and is the same in every environment; make it {_HOOK}" for label in same]
        for each in self._found.generators:
            if each.value is not None and state_of(look_up(each.route)) == each.value:
                lines += [f"{each.label} gives the same numbers in every environment; seed it {_HOOK}"]
        if self._is_random_shared():
            what = "the module random gives the same numbers in every environment"
            lines.append(f"{what}; call random.seed() {_HOOK}, or use the module secrets")
        return lines

    def _is_random_shared(self) -> bool:
        if self._state is None or self._random.getstate() != self._state:
            return False
        return self._found.uses_random or self._state[1][-1] != _UNUSED

    def _describe_connections(self) -> Iterator[str]:
        labels = {each.value: f" ({each.label})" for each in self._found.sockets}
        for number, peer in self._connections.items():
            what = f"the connection to {peer}{labels.get(number, '')} is open at the snapshot and dead after a restore"
            yield f"{what}; close it in a before_snapshot hook or open it {_HOOK}"

    def _describe_threads(self) -> Iterator[str]:
        if self._threads:
            what = f"threads of init run on after a restore on AWS, and not here: {', '.join(self._threads)}"
            yield f"{what}; start them {_HOOK}"


def _describe_children() -> Iterator[str]:
    numbers = [number for file in Path("/proc/self/task").glob("*/children") for number in file.read_text().split()]
    if numbers:
        names = ", ".join(sorted(Path(f"/proc/{number}/comm").read_text().strip() for number in numbers))
        what = f"child processes of init run on after a restore on AWS, and not here: {names}"
        yield f"{what}; start them {_HOOK}"


def _describe_credentials() -> Iterator[str]:
    module: Any = sys.modules.get("botocore.credentials")
    # Those of subclasses renew themselves.
    if module is not None and any(type(each) is module.Credentials for each in gc.get_objects()):
        what = "botocore has read credentials in init that it cannot renew, and they expire before the snapshot does"
        yield f"{what}; leave them to the function's role, or make the client {_HOOK}"
