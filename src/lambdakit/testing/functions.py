"""Where functions of a project are started for tests, and how long they live."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict, Unpack

from anyio.from_thread import BlockingPortal, start_blocking_portal

from lambdakit import settings
from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.authorizers import Decider
from lambdakit.emulator.front_doors import GATEWAYS
from lambdakit.errors import OptionError, UserError
from lambdakit.operations.functions.configuring import configure
from lambdakit.operations.functions.target import Runtime, Target, find_target
from lambdakit.project import Via
from lambdakit.testing.function import LambdaFunction
from lambdakit.testing.result import Logs

_SHOWN_LINES = 100
"""How much of a function's log stands below a test that fails."""


class Settings(TypedDict, total=False):
    """What can be said instead of what is declared: the fields of `FunctionConfiguration`, sizes in MB and seconds."""

    memory: int
    timeout: float
    init_timeout: float
    max_concurrency: int
    reserved_concurrency: int
    snapstart: bool
    is_frozen: bool
    limits_memory: bool
    shares_cpu: bool
    region: str
    log_format: Literal["Text", "JSON"]


class _Wanted(NamedTuple):
    """What a test asks for; two that ask for the same can share it."""

    name: str
    root: Path
    environment: tuple[tuple[str, str], ...]
    runtime: Runtime | None
    via: Via | None
    streams: bool | None
    checks_auth: bool
    instead: tuple[tuple[str, Any], ...]


class Laboratory:
    """One event loop in a thread for all functions of a run, and the functions that tests share."""

    def __init__(self, portal: BlockingPortal, stack: ExitStack) -> None:
        self.portal = portal
        self.stack = stack
        self.shared: dict[_Wanted, LambdaFunction] = {}

    @classmethod
    @contextmanager
    def open(cls) -> "Generator[Laboratory]":
        """Run the loop; functions that are still open at the end are closed."""
        with start_blocking_portal("asyncio") as portal, ExitStack() as stack:
            yield cls(portal, stack)


class Functions:
    """Starts functions for one test: `lambda_function("api")`; `root` is where its project is."""

    def __init__(self, laboratory: Laboratory, stack: ExitStack, root: Path) -> None:
        self._laboratory = laboratory
        self._stack = stack
        self._root = root
        self._used: dict[LambdaFunction, Callable[[], Logs]] = {}

    def __call__(
        self,
        name: str,
        *,
        root: Path | None = None,
        environment: Mapping[str, str] | None = None,
        runtime: Runtime | None = None,
        via: Via | None = None,
        streams: bool | None = None,
        checks_auth: bool = False,
        shared: bool = False,
        **instead: Unpack[Settings],
    ) -> LambdaFunction:
        """Return a function, whose first environment starts with its first invocation.

        Args:
            name: A declared function, or any ASGI app or handler as `module:attribute`.
            root: The folder of the declaration or of the app, by default that of the nearest declaration above the
                test, or else pytest's `rootdir`.
            environment: Environment variables beside the declared ones.
            runtime: What runs it, by default AWS's own client, or the toolkit's for a function that streams.
            via: The service in front of it, by default the declared one or a function URL.
            streams: Whether its answers are streamed, by default as declared.
            checks_auth: Whether only those may call it over HTTP that its declaration lets; else everybody may.
            shared: Whether its environments live on for the next test that asks for the same; cookies do not.
            instead: Settings instead of the declared ones.

        Raises:
            UnknownFunction: No function has this name; the message lists those that are declared.
            UserError: A setting that AWS would refuse.
        """
        __tracebackhide__ = True
        if unknown := instead.keys() - Settings.__annotations__.keys():
            fix = f"use {', '.join(Settings.__annotations__)}"
            raise OptionError(f"there is no setting {', '.join(sorted(unknown))}", where=f"function {name}", fix=fix)
        if via is not None and via not in GATEWAYS:
            raise OptionError(f"there is no service {via!r}", where="via", fix=f"use {', '.join(GATEWAYS)}")
        variables = tuple(sorted((environment or {}).items()))
        wanted = _Wanted(
            name, root or self._root, variables, runtime, via, streams, checks_auth, tuple(sorted(instead.items()))
        )
        function = self._share(wanted) if shared else self._start(wanted, self._stack)
        self._used.setdefault(function, function.watch())
        return function

    def _share(self, wanted: _Wanted) -> LambdaFunction:
        __tracebackhide__ = True
        function = self._laboratory.shared.get(wanted)
        if function is None:
            function = self._laboratory.shared[wanted] = self._start(wanted, self._laboratory.stack)
        function.forget_user()
        return function

    def settle(self) -> None:
        """Wait until the invocations that have answered are over, and with them what they log."""
        for function in self._used:
            function.settle()

    def show_logs(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the end of the log of each function, as far as this test wrote it."""
        for function, read in self._used.items():
            if lines := read().text.splitlines():
                left_out = len(lines) - _SHOWN_LINES
                note = [f"({left_out} lines before)"] if left_out > 0 else []
                yield function.name, "\n".join([*note, *lines[-_SHOWN_LINES:]])

    def _start(self, wanted: _Wanted, stack: ExitStack) -> LambdaFunction:
        __tracebackhide__ = True
        target = find_target(wanted.name, wanted.root)
        is_streaming = target.is_streaming if wanted.streams is None else wanted.streams

        def find(other: str) -> Decider:
            return self(other, root=wanted.root, shared=stack is self._laboratory.stack).emulated

        return LambdaFunction(
            target,
            _configure(target, wanted, is_streaming=is_streaming),
            self._laboratory.portal,
            stack,
            via=wanted.via,
            streams=is_streaming,
            find=find if wanted.checks_auth else None,
        )


def _configure(target: Target, wanted: _Wanted, *, is_streaming: bool) -> FunctionConfiguration:
    __tracebackhide__ = True
    runtime = wanted.runtime or ("lambdakit" if is_streaming else "awslambdaric")
    streaming = {settings.STREAMING: wanted.via or target.via} if is_streaming and runtime == "lambdakit" else {}
    declared = configure(target, runtime=runtime)
    variables = {**streaming, **declared.variables, **dict(wanted.environment)}
    try:
        return replace(declared, variables=variables, **dict(wanted.instead))
    except UserError as error:
        # A mistake of the test is shown at its own line, as if it were refused there.
        raise error.with_traceback(None) from None
