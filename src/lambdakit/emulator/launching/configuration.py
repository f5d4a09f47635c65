import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lambdakit.emulator.launching.reserved import check_variables
from lambdakit.emulator.launching.wrapper import find_foreign_wrapper
from lambdakit.emulator.logs.journal import LogSettings
from lambdakit.emulator.logs.levels import Level, LogFormat, SystemLevel
from lambdakit.errors import UserError

_LEAST_MEMORY, _MOST_MEMORY = 128, 10_240
_LONGEST_TIMEOUT = 900
_MOST_CONCURRENCY = 1600
_INIT_LIMIT, _LONG_INIT_LIMIT = 10.0, 130.0
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class FunctionConfiguration:
    """The settings of one Lambda function.

    `handler` is "module.attribute", `task_root` the code folder, `memory` in MB, `timeout` in seconds, as is
    `init_timeout` instead of AWS's limit. With `debug_port` the function waits on that port for a debugger; then
    no limit of time, memory or CPU holds, and nothing is frozen. `runtime` is AWS's own client, or the toolkit's,
    started by its wrapper script. `is_frozen` stops the processes between invocations, `limits_memory` kills them when
    they use more than they may, `shares_cpu` gives them the share of a processor that their memory buys on AWS.
    `max_concurrency` makes the environments those of Managed Instances, which take that many invocations at a time.
    `reserved_concurrency` limits the function's invocations at a time; 0 refuses all. `extensions` is a folder of
    executables, as `/opt/extensions` is on AWS. With `log_format` "JSON" Lambda's records and the runtime's are JSON,
    the function's from `log_level` on and Lambda's own from `system_log_level` on, both "INFO" by default; Managed
    Instances write no text. With `snapstart` its environments are restored from one snapshot. `credentials` are the
    variables of real AWS credentials, in place of some that open nothing; `surroundings` are variables that this
    machine adds, which the function's own replace and which Lambda's limit does not count. Raises UserError for a
    value that AWS would refuse.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    """

    handler: str
    task_root: Path
    name: str = "function"
    memory: int = 128
    timeout: float = 3.0
    init_timeout: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    python: Path = field(default_factory=lambda: Path(sys.executable))
    debug_port: int | None = None
    region: str = "us-east-1"
    runtime: Literal["awslambdaric", "lambdakit"] = "awslambdaric"
    is_frozen: bool = True
    limits_memory: bool = True
    shares_cpu: bool = True
    max_concurrency: int | None = None
    reserved_concurrency: int | None = None
    extensions: Path | None = None
    log_format: LogFormat | None = None
    log_level: Level | None = None
    system_log_level: SystemLevel | None = None
    snapstart: bool = False
    credentials: Mapping[str, str] = field(default_factory=dict[str, str])
    surroundings: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self._settle_folders()
        if _NAME.fullmatch(self.name) is None:
            self._refuse("the function's name is not valid", "use up to 64 letters, digits, hyphens and underscores")
        if not _LEAST_MEMORY <= self.memory <= _MOST_MEMORY:
            self._refuse(f"memory is {self.memory} MB", f"choose {_LEAST_MEMORY} to {_MOST_MEMORY}")
        if self.runtime == "lambdakit" and self.debug_port is not None:
            self._refuse("the runtime lambdakit cannot wait for a debugger", "debug it on awslambdaric")
        if self.runtime == "lambdakit" and (wrapper := find_foreign_wrapper(self.variables)):
            self._refuse(f"the runtime lambdakit is itself started in place of {wrapper}", "choose one of the two")
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            self._refuse(f"timeout is {self.timeout} seconds", f"choose up to {_LONGEST_TIMEOUT}, more than 0")
        self._check_concurrency()
        self._check_snapstart()
        self._check_log()
        check_variables(self.variables, where=f"function {self.name}")

    def _settle_folders(self) -> None:
        # A process sees the real path of its working directory; every path the function gets has to agree with it.
        object.__setattr__(self, "task_root", self.task_root.resolve())
        # Not resolved: a virtual environment is known by the link's own place.
        object.__setattr__(self, "python", self.python.absolute())
        if not self.task_root.is_dir():
            self._refuse(f"the code folder {self.task_root} does not exist", "name an existing folder")
        if self.extensions is not None:
            object.__setattr__(self, "extensions", self.extensions.resolve())
            if not self.extensions.is_dir():
                self._refuse(f"the folder of extensions {self.extensions} does not exist", "name an existing folder")

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

        if self.snapstart and self.credentials:
            self._refuse("a restored environment gets no real AWS credentials", "leave SnapStart or them out")
        if self.snapstart and self.extensions is not None:
            self._refuse("no extensions run beside an environment that is restored here", "leave one of the two out")

    def _check_log(self) -> None:
        if self.log_format == "Text" and self.max_concurrency is not None:
            self._refuse("Managed Instances write no text logs", "choose the log format JSON")
        levels = [level for level in (self.log_level, self.system_log_level) if level is not None]
        if levels and self.log_settings.log_format == "Text":
            self._refuse(f"the level {levels[0]} filters no text logs", "choose the log format JSON")

    def _refuse(self, what: str, fix: str) -> None:
        raise UserError(what, where=f"function {self.name}", fix=fix)

    @property
    def log_settings(self) -> LogSettings:
        """How the log is written, with what Lambda adds to what is set."""
        default: LogFormat = "Text" if self.max_concurrency is None else "JSON"
        return LogSettings(
            log_format=self.log_format or default,
            log_level=self.log_level or "INFO",
            system_log_level=self.system_log_level or "INFO",
        )

    @property
    def init_limit(self) -> float:
        """The seconds that init may take: 10, on Managed Instances and with a snapshot 130 or a longer time-out.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
        """
        if self.init_timeout is not None:
            return self.init_timeout
        is_on_demand = self.max_concurrency is None and not self.snapstart
        return _INIT_LIMIT if is_on_demand else max(_LONG_INIT_LIMIT, self.timeout)

    @property
    def initialization_type(self) -> str:
        """What `AWS_LAMBDA_INITIALIZATION_TYPE` says."""
        if self.snapstart:
            return "snap-start"
        return "on-demand" if self.max_concurrency is None else "lambda-managed-instances"

    @property
    def is_memory_limited(self) -> bool:
        """Whether the function is killed when it uses too much; a debugger has memory of its own."""
        return self.limits_memory and self.debug_port is None

    @property
    def is_cpu_shared(self) -> bool:
        """Whether the function has its share of a processor and no more; Managed Instances have all of their own."""
        return self.shares_cpu and self.debug_port is None and self.max_concurrency is None

    @property
    def arn(self) -> str:
        """The function's ARN, in the account number that AWS uses for examples."""
        return f"arn:aws:lambda:{self.region}:123456789012:function:{self.name}"
