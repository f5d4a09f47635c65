"""Which functions a service has, and how each is set up and reached."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from lambdakit import project
from lambdakit.emulator import FunctionConfiguration
from lambdakit.emulator.launching.variables import CREDENTIALS
from lambdakit.errors import MissingExtra, OptionError, UnknownFunction
from lambdakit.operations.dev.front_doors import Front
from lambdakit.operations.dev.ports import choose_ports
from lambdakit.operations.functions.authorizing import explain_gap
from lambdakit.operations.functions.configuring import configure
from lambdakit.operations.functions.gateways import choose_rules
from lambdakit.operations.functions.target import Target, find_target
from lambdakit.operations.services import point_at, read_credentials
from lambdakit.project import FunctionAuth, HttpTrigger, QueueTrigger, Via

INVOKE_API, QUEUES, SERVICES = "(lambda)", "(sqs)", "(services)"
"""The names under which what is not a function has its port; no function can have them."""


class Plan:
    """The functions with some names, by default all that are declared, as the declaration has them now.

    `via` is the service before all of them in place of the declared ones. `port` is the first one's, each other has the
    next; by default each function keeps one of its own. With `has_credentials` functions get those of the shell, and
    AWS's own services.

    Raises:
        DeclarationError: The declaration holds mistakes.
        UnknownFunction: There is no function of a name, or none at all.
        OptionError: A debugger is to follow several functions, or the shell has no credentials.
        MissingExtra: A debugger is to follow a function and is not installed.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = (),
        *,
        via: Via | None = None,
        port: int | None = None,
        env_file: Path | None = None,
        debug_port: int | None = None,
        has_credentials: bool = False,
    ) -> None:
        self._folder = folder
        self._names = list(dict.fromkeys(names)) or _declared(folder)
        self._via: Via | None = via
        self._env_file = env_file
        self._debug_port = debug_port
        self._credentials = read_credentials() if has_credentials else {}
        self.targets = self._find()
        names_of_ports = [*(each.function.name for each in self._served()), INVOKE_API, QUEUES, SERVICES]
        self.ports = choose_ports(self.root, names_of_ports, first=port)
        if debug_port is not None and len(self._names) > 1:
            fix = f"name one function, as in toolkit dev {self.targets[0].function.name} --debug-port {debug_port}"
            raise OptionError("a debugger follows one function", where="--debug-port", fix=fix)
        if debug_port is not None and find_spec("debugpy") is None:
            fix = f"{sys.executable} -m pip install debugpy"
            raise MissingExtra("the package debugpy is missing", where="--debug-port", fix=fix)
        self._triggers = _triggers(self.targets)

    @property
    def root(self) -> Path:
        """The folder whose code is served."""
        return self.targets[0].root

    def _find(self) -> list[Target]:
        """Return the functions that are named, and behind them those that decide who may call them."""
        named = [self._move(find_target(name, self._folder)) for name in self._names]
        missing = _authorizers(named) - {target.function.name for target in named}
        return [*named, *(find_target(name, self._folder) for name in sorted(missing))]

    def _served(self) -> list[Target]:
        """Return the functions that get a front door, which those that decide for others do without."""
        deciders = _authorizers(self.targets)
        named = self.targets[: len(self._names)]
        return [
            each
            for each in named
            if is_called_over_http(each) and (each.web_trigger is not None or each.function.name not in deciders)
        ]

    def _move(self, target: Target) -> Target:
        """Put another service before a function that HTTP requests can reach."""
        function = target.function
        if self._via is None or function.mcp is not None or not is_called_over_http(target):
            return target
        trigger = function.http or HttpTrigger(auth="none")
        if trigger.via == self._via:
            return target
        # What is declared for the other service stays there.
        streaming = trigger.streaming and self._via in {"function-url", "rest-api"}
        moved = HttpTrigger(auth=trigger.auth, via=self._via, streaming=streaming)
        return replace(target, function=replace(function, http=moved))

    def fronts(self) -> dict[str, Front]:
        """Return how to reach each function that HTTP requests can reach."""
        return {
            target.function.name: Front(
                target.via,
                target.is_streaming,
                self.ports[target.function.name],
                target.auth,
                is_mcp=target.function.mcp is not None,
                rules=choose_rules(target, target.via),
            )
            for target in self._served()
        }

    def configure(self, note: Callable[[str, str], None]) -> Mapping[str, FunctionConfiguration]:
        """Read the declaration again and return what the emulator has to know of each function.

        `note` gets a function's name and what there is to know about how it is set up.
        """
        self.targets = self._find()
        for name, triggers in _triggers(self.targets).items():
            if self._triggers.get(name, triggers) != triggers:
                note(name, "what brings it its events has changed; start again for that")
        return {target.function.name: self._configure(target, note) for target in self.targets}

    def _configure(self, target: Target, note: Callable[[str, str], None]) -> FunctionConfiguration:
        name = target.function.name
        # A debugger follows the function that is named, not one that decides for it.
        debug_port = self._debug_port if target in self.targets[: len(self._names)] else None
        configuration = configure(target, env_file=self._env_file, debug_port=debug_port, note=partial(note, name))
        found = point_at(
            configuration.variables,
            functions=self.address(INVOKE_API),
            queues=self.address(QUEUES),
            # Whoever brings credentials means AWS's own.
            others="" if self._credentials else self.address(SERVICES),
        )
        surroundings = {key: value for key, value in found.items() if key not in configuration.variables}
        return replace(configuration, surroundings=surroundings, credentials=self._credentials)

    def gaps(self) -> list[tuple[str, str]]:
        """Return what functions have on AWS and not here, or here alone, each with the function's name."""
        found = [(each.function.name, explain_gap(each.auth, each.via)) for each in self._served()]
        gaps = [(name, gap) for name, gap in found if gap]
        if self._via is not None:
            silent = [each.function.name for each in self.targets if each not in self._served()]
            gaps += [(name, f"no requests reach it, so --via {self._via} changes nothing") for name in silent]
        if self._debug_port is not None:
            gaps.append((self._names[0], f"waits for a debugger on 127.0.0.1:{self._debug_port} at its first request"))
        return gaps

    def exports(self) -> str:
        """Return the shell command after which boto3 and the AWS command line find what is served."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        given = {**{name: CREDENTIALS[name] for name in names}, "AWS_DEFAULT_REGION": self._region()}
        places = point_at(
            {}, functions=self.address(INVOKE_API), queues=self.address(QUEUES), others=self.address(SERVICES)
        )
        return " ".join(["export", *(f"{name}={value}" for name, value in {**given, **places}.items())])

    def _region(self) -> str:
        return next(iter(self.configure(_discard).values())).region

    def address(self, name: str) -> str:
        """Return the address of a function or of one of what is none."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def variables(self) -> dict[str, str]:
        """Return the variables of all functions together, with what must not be logged."""
        configurations = self.configure(_discard).values()
        return {**self._credentials, **{key: value for each in configurations for key, value in each.variables.items()}}

    def queues(self) -> dict[str, QueueTrigger]:
        """Return the queue of each function that has one."""
        return {each.function.name: each.function.queue for each in self.targets if each.function.queue}

    def schedules(self) -> dict[str, str]:
        """Return the schedule of each function that has one."""
        return {each.function.name: each.function.schedule for each in self.targets if each.function.schedule}


def _discard(_name: str, _message: str) -> None:
    """Leave a note to whoever reads the declaration next."""


def _triggers(targets: Sequence[Target]) -> dict[str, tuple[object, ...]]:
    functions = [target.function for target in targets]
    return {each.name: (each.http, each.mcp, each.queue, each.schedule) for each in functions}


def is_called_over_http(target: Target) -> bool:
    """Say whether HTTP requests can reach a function: it is declared so, or with no trigger at all."""
    function = target.function
    return target.web_trigger is not None or not (function.queue or function.schedule)


def _authorizers(targets: Sequence[Target]) -> set[str]:
    return {target.auth.function for target in targets if isinstance(target.auth, FunctionAuth)}


def _declared(folder: Path) -> list[str]:
    declaration = project.find(folder)
    names = list(project.load(declaration).functions) if declaration else []
    if not names:
        raise UnknownFunction(
            "there is no function to serve",
            where=f"{folder} or a folder above it",
            fix="declare one in pyproject.toml, or name an app: toolkit dev module:attribute",
        )
    return names
