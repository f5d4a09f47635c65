"""What the process that takes the snapshot is started with."""

from pathlib import Path

import lambdakit
from lambdakit.emulator.launching.place import Place, put_stand_in
from lambdakit.emulator.launching.variables import CREDENTIALS, LOG_STREAM
from lambdakit.emulator.launching.wrapper import call_wrapper
from lambdakit.emulator.processes.control_group import ControlGroup
from lambdakit.emulator.runtime_api.restoring import Credentials

MARK = "_LAMBDAKIT_FAMILY"
"""The variable by which the processes of each restored environment are known; a snapshot has no log stream's name."""

_FOLDER = Path(__file__).parent
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from lambdakit_zygote import main
del sys.path[0]
main()
"""


def make_command(place: Place, group: ControlGroup, *, control: int) -> list[str]:
    """Return the command that starts the runtime inside the process that holds the snapshot."""
    configuration = place.configuration
    package = str(Path(lambdakit.__file__).parent.parent)
    is_own = configuration.runtime == "lambdakit"
    wrapper = [] if is_own else call_wrapper(configuration.variables, configuration.task_root)
    argument = package if is_own else configuration.handler
    start = ["-c", _PROGRAM, str(_FOLDER), configuration.runtime, str(control), argument]
    return place.enclose([*wrapper, str(configuration.python), *start], group, visible=[_FOLDER])


def make_variables(
    place: Place, *, runtime_api: str, log_descriptor: int, mark: str, credentials: Credentials
) -> dict[str, str]:
    """Return the environment of that process: no log stream, and credentials that have to be asked for.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html
    """
    variables = place.variables(runtime_api=runtime_api, log_descriptor=log_descriptor)
    for name in (*CREDENTIALS, LOG_STREAM):
        del variables[name]
    if place.configuration.runtime == "awslambdaric":
        # The native client keeps the address that it was started with.
        put_stand_in(variables)
    return {
        **variables,
        **credential_variables(runtime_api, credentials),
        MARK: mark,
    }


def credential_variables(runtime_api: str, credentials: Credentials) -> dict[str, str]:
    """Say where a function with a snapshot asks for its credentials."""
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{runtime_api}/2021-04-23/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": credentials.token,
    }
