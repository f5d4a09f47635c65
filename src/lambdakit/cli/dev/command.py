"""`toolkit dev` from its arguments to its exit code."""

from functools import partial
from pathlib import Path

from lambdakit.cli.dev import options


def dev(  # noqa: PLR0913 (each option of a command is an argument)
    targets: options.Targets = None,
    *,
    function: options.Functions = None,
    via: options.Via = None,
    port: options.Port = None,
    round_robin: options.RoundRobin = False,
    debug_port: options.DebugPort = None,
    no_reload: options.NoReload = False,
    env_file: options.EnvFile = None,
    aws_credentials: options.AwsCredentials = False,
) -> int:
    """Serve functions on this machine, as the services that they are declared for do.

    toolkit dev

    toolkit dev api shop.http:app --port 8000

    Each function has an address of its own, that of a function URL, an API or a load balancer; its queue is read and
    its schedule kept. boto3 finds the functions, queues and other services. A save starts the functions anew; what runs
    ends with the code it began with. Ctrl-C or q ends it. Exit codes: 0 ended, 2 it could not start.
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
        has_credentials=aws_credentials,
    )
    screen = Screen(plan.root, architecture=plan.targets[0].architecture)
    for name, gap in plan.gaps():
        screen.note(name, gap)
    keeper = LogKeeper(log_folder(plan.root), partial(screen.note_once, ""), variables=plan.variables())
    with Gatherer(keeper.keep_all) as gatherer:
        assembly = assemble(plan, screen, keep=gatherer.keep, note=screen.note_once, takes_turns=round_robin)
        return run(assembly, screen, root=None if no_reload else plan.root)
