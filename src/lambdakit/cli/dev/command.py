"""`toolkit dev` from its arguments to its exit code."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lambdakit.cli.dev import options

if TYPE_CHECKING:
    from lambdakit.operations.functions.target import Target


def dev(
    targets: options.Targets = None,
    *,
    function: options.Functions = None,
    via: options.Via = None,
    port: options.Port = None,
    round_robin: options.RoundRobin = False,
    debug_port: options.DebugPort = None,
    no_reload: options.NoReload = False,
    env_file: options.EnvFile = None,
) -> int:
    """Serve functions on this machine, as the services that they are declared for do.

    toolkit dev

    toolkit dev api shop.http:app --port 8000

    Each function has an address of its own, that of a function URL, an API or a load balancer. A save starts it anew;
    requests that run end with the code they began with. Ctrl-C or q ends it. Exit codes: 0 ended, 2 it could not start.
    """
    # The emulator and uvicorn take longer to import than all the rest; neither --help nor a mistake waits for them.
    from lambdakit.cli.dev.running import run  # noqa: PLC0415
    from lambdakit.cli.dev.screen import Screen  # noqa: PLC0415
    from lambdakit.operations.dev import Plan, assemble  # noqa: PLC0415
    from lambdakit.operations.logs import Gatherer, LogKeeper, log_folder  # noqa: PLC0415

    plan = Plan(
        Path.cwd(),
        [*(targets or ()), *(function or ())],
        via=via,
        port=port,
        env_file=env_file,
        debug_port=debug_port,
    )
    screen = Screen(plan.root, architecture=plan.targets[0].architecture)
    for target in plan.targets:
        for gap in _gaps(target):
            screen.note(target.function.name, gap)
    keeper = LogKeeper(log_folder(plan.root), partial(screen.note_once, ""), variables=plan.variables())
    with Gatherer(keeper.keep_all) as gatherer:
        service = assemble(plan, screen, keep=gatherer.keep, note=screen.note_once, takes_turns=round_robin)
        return run(service, screen, root=None if no_reload else plan.root)


def _gaps(target: "Target") -> list[str]:
    """Return what the function has on AWS and not here."""
    from lambdakit.operations.functions.authorizing import explain_gap  # noqa: PLC0415 (the emulator, as above)

    function = target.function
    trigger = function.http or function.mcp
    gaps = [
        f"its {kind} is not emulated; send its events with toolkit invoke-local {function.name} --event FILE"
        for kind, declared in (("queue", function.queue), ("schedule", function.schedule))
        if declared
    ]
    if trigger is not None and (gap := explain_gap(trigger.auth, trigger.via)):
        gaps.append(gap)
    return gaps
