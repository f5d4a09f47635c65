"""Where functions of a project are started for tests, and how long they live."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypedDict, Unpack

from anyio.from_thread import BlockingPortal, start_blocking_portal

from lambdakit import settings
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


class Laboratory:
    """One event loop in a thread for all functions of a run, and the functions that tests share."""

    def __init__(self, portal: BlockingPortal, stack: ExitStack) -> None:
        self.portal = portal
        self.stack = stack
        self.shared: dict[object, LambdaFunction] = {}

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
        root = root or self._root
        options = (
            root,
            sorted((environment or {}).items()),
            runtime,
            via,
            streams,
            checks_auth,
            sorted(instead.items()),
        )
        known = self._laboratory.shared.get((name, str(options)))
        if shared and known is not None:
            known.forget_user()
            return self._use(known)
        target = find_target(name, root)

        def find(other: str) -> Decider:
            return self(other, root=root, shared=shared).emulated

        stack = self._laboratory.stack if shared else self._stack
        function = self._start(
            target, environment, runtime, via, stack, find if checks_auth else None, streams=streams, instead=instead
        )
        if shared:
            self._laboratory.shared[name, str(options)] = function
        return self._use(function)

    def _use(self, function: LambdaFunction) -> LambdaFunction:
        self._used.setdefault(function, function.watch())
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

    def _start(
        self,
        target: Target,
        environment: Mapping[str, str] | None,
        runtime: Runtime | None,
        via: Via | None,
        stack: ExitStack,
        find: Callable[[str], Decider] | None,
        *,
        streams: bool | None,
        instead: Settings,
    ) -> LambdaFunction:
        __tracebackhide__ = True
        if via is not None and via not in GATEWAYS:
            raise OptionError(f"there is no service {via!r}", where="via", fix=f"use {', '.join(GATEWAYS)}")
        is_streaming = target.is_streaming if streams is None else streams
        runtime = runtime or ("lambdakit" if is_streaming else "awslambdaric")
        variables = {settings.STREAMING: via or target.via} if is_streaming and runtime == "lambdakit" else {}
        declared = configure(target, runtime=runtime)
        whole = {**variables, **declared.variables, **(environment or {})}
        try:
            configuration = replace(declared, variables=whole, **instead)
        except UserError as error:
            # A mistake of the test is shown at its own line, as if it were refused there.
            raise error.with_traceback(None) from None
        return LambdaFunction(
            target, configuration, self._laboratory.portal, stack, via=via, streams=is_streaming, find=find
        )
