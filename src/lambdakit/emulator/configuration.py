import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lambdakit.emulator.reserved import check_variables
from lambdakit.errors import UserError

_LEAST_MEMORY, _MOST_MEMORY = 128, 10_240
_LONGEST_TIMEOUT = 900
_MOST_CONCURRENCY = 1600
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class FunctionConfiguration:
    """The settings of one Lambda function.

    `handler` is "module.attribute", `task_root` the code folder, `memory` in MB, `timeout` and `init_timeout` in
    seconds (10 is AWS's init limit on demand). With `debug_port` the function waits on that port for a debugger, and
    no time limit holds and nothing is frozen. `runtime` is AWS's own client, or the toolkit's, started by its wrapper
    script. `is_frozen` stops the processes between invocations, `limits_memory` kills them
    when they are seen to use more than they may. `max_concurrency` makes the environments those of
    Managed Instances, which take that many invocations at a time. `reserved_concurrency` limits the function's
    invocations at a time; 0 refuses all. With `snapstart` its environments are restored from one snapshot. Raises
    UserError for a value that AWS would refuse.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    """

    handler: str
    task_root: Path
    name: str = "function"
    memory: int = 128
    timeout: float = 3.0
    init_timeout: float = 10.0
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    python: Path = field(default_factory=lambda: Path(sys.executable))
    debug_port: int | None = None
    region: str = "us-east-1"
    runtime: Literal["awslambdaric", "lambdakit"] = "awslambdaric"
    is_frozen: bool = True
    limits_memory: bool = True
    max_concurrency: int | None = None
    reserved_concurrency: int | None = None
    snapstart: bool = False

    def __post_init__(self) -> None:
        # A process sees the real path of its working directory; every path the function gets has to agree with it.
        object.__setattr__(self, "task_root", self.task_root.resolve())
        # Not resolved: a virtual environment is known by the link's own place.
        object.__setattr__(self, "python", self.python.absolute())
        if not self.task_root.is_dir():
            self._refuse(f"the code folder {self.task_root} does not exist", "name an existing folder")
        if _NAME.fullmatch(self.name) is None:
            self._refuse("the function's name is not valid", "use up to 64 letters, digits, hyphens and underscores")
        if not _LEAST_MEMORY <= self.memory <= _MOST_MEMORY:
            self._refuse(f"memory is {self.memory} MB", f"choose {_LEAST_MEMORY} to {_MOST_MEMORY}")
        if self.runtime == "lambdakit" and self.debug_port is not None:
            self._refuse("the runtime lambdakit cannot wait for a debugger", "debug it on awslambdaric")
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            self._refuse(f"timeout is {self.timeout} seconds", f"choose up to {_LONGEST_TIMEOUT}, more than 0")
        self._check_concurrency()
        self._check_snapstart()
        check_variables(self.variables, where=f"function {self.name}")

    def _check_concurrency(self) -> None:
        if self.max_concurrency is not None and not 1 <= self.max_concurrency <= _MOST_CONCURRENCY:
            self._refuse(f"max_concurrency is {self.max_concurrency}", f"choose 1 to {_MOST_CONCURRENCY}")
        if self.reserved_concurrency is not None and self.reserved_concurrency < 0:
            self._refuse(f"reserved_concurrency is {self.reserved_concurrency}", "choose 0 or more")

    def _check_snapstart(self) -> None:
        if self.snapstart and self.debug_port is not None:
            self._refuse("a debugger cannot follow through a snapshot", "leave SnapStart or the debug port out")
        if self.snapstart and self.max_concurrency is not None:
            self._refuse("Managed Instances take no snapshots", "leave SnapStart or max_concurrency out")

    def _refuse(self, what: str, fix: str) -> None:
        raise UserError(what, where=f"function {self.name}", fix=fix)

    @property
    def is_memory_limited(self) -> bool:
        """Whether the function is killed when it uses too much; a debugger has memory of its own."""
        return self.limits_memory and self.debug_port is None

    @property
    def arn(self) -> str:
        """The function's ARN, in the account number that AWS uses for examples."""
        return f"arn:aws:lambda:{self.region}:123456789012:function:{self.name}"
