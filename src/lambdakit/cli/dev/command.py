"""`toolkit dev` from its arguments to its exit code."""

from pathlib import Path
from typing import TYPE_CHECKING

from lambdakit import project
from lambdakit.cli.dev import options
from lambdakit.errors import UnknownFunction
from lambdakit.operations.targets import Target, find_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdakit.emulator import FunctionConfiguration


def dev(
    targets: options.Targets = None,
    *,
    port: options.Port = None,
    no_reload: options.NoReload = False,
    env_file: options.EnvFile = None,
) -> int:
    """Serve functions on this machine, as the services that they are declared for do.

    toolkit dev

    toolkit dev api shop.http:app --port 8000

    Each function has an address of its own, that of a function URL, an API or a load balancer. A save starts it anew;
    requests that run end with the code they began with. Ctrl-C or q ends it. Exit codes: 0 ended, 2 it could not start.
    """
    folder = Path.cwd()
    names = targets or _declared(folder)
    found = [find_target(name, folder) for name in names]
    # The emulator and uvicorn take longer to import than all the rest; neither --help nor a mistake waits for them.
    from lambdakit.cli.dev.running import run  # noqa: PLC0415
    from lambdakit.cli.dev.screen import Screen  # noqa: PLC0415
    from lambdakit.cli.invoke_local.invocation import configure  # noqa: PLC0415
    from lambdakit.operations.dev import Front, Service, choose_port  # noqa: PLC0415

    def read() -> "Mapping[str, FunctionConfiguration]":
        again = [find_target(name, folder) for name in names]
        return {
            each.function.name: configure(
                each, timeout=None, memory=None, env_file=env_file, debug_port=None, runtime=None, snapstart=False
            )
            for each in again
            if _is_called_over_http(each)
        }

    served = [each for each in found if _is_called_over_http(each)]
    fronts = {
        each.function.name: Front(
            via=each.via,
            streams=each.is_streaming,
            port=choose_port(each.root, each.function.name) if port is None else port + index,
        )
        for index, each in enumerate(served)
    }
    screen = Screen(architecture=found[0].architecture)
    for each in found:
        for gap in _gaps(each):
            screen.note(each.function.name, gap)
    return run(Service(fronts, read, screen), screen, root=None if no_reload else found[0].root)


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


def _is_called_over_http(target: Target) -> bool:
    function = target.function
    return function.http is not None or function.mcp is not None or not (function.queue or function.schedule)


def _gaps(target: Target) -> list[str]:
    """Return what the function has on AWS and not here."""
    function = target.function
    trigger = function.http or function.mcp
    gaps = [
        f"its {kind} is not emulated; send its events with toolkit invoke-local {function.name} --event FILE"
        for kind, declared in (("queue", function.queue), ("schedule", function.schedule))
        if declared
    ]
    if trigger is not None and trigger.auth != "none":
        gaps.append("its auth is not checked here: everybody on this machine can call it")
    return gaps
