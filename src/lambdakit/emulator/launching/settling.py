import secrets
import socket
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.interpreter import Interpreter, examine_interpreter
from lambdakit.emulator.launching.isolation import find_gap
from lambdakit.emulator.launching.place import Place
from lambdakit.errors import AddressInUse


async def settle(configuration: FunctionConfiguration, note: Callable[[str], None]) -> Place:
    """Make the place of a new environment; `note` gets what will differ from AWS there.

    Raises UserError (MissingExtra, AddressInUse) for settings that cannot work on this machine.
    """
    interpreter = await examine_interpreter(
        configuration.python, runtime=configuration.runtime, is_debugged=configuration.debug_port is not None
    )
    if configuration.debug_port is not None:
        _check_port(configuration.debug_port)
    gap = await find_gap([configuration.task_root, *interpreter.folders])
    if gap is not None:
        note(f"lambdakit: /tmp is not the function's own (TMPDIR is) and its code is writable: {gap}")
    return _found(configuration, interpreter, is_isolated=gap is None)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fix = "choose another debug port or end the process that listens there"
            raise AddressInUse(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}", fix=fix) from error


def _found(configuration: FunctionConfiguration, interpreter: Interpreter, *, is_isolated: bool) -> Place:
    return Place(
        configuration=configuration,
        interpreter=interpreter,
        scratch=Path(tempfile.mkdtemp(prefix="lambdakit-")).resolve(),
        log_stream=f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}",
        is_isolated=is_isolated,
    )
