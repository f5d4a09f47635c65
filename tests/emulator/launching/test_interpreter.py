import asyncio
import sys
from pathlib import Path

import pytest

from lambdakit.emulator import Environment, FunctionConfiguration
from lambdakit.emulator.launching.interpreter import examine_interpreter
from lambdakit.errors import MissingExtra, UserError
from tests.emulator.functions import AWSLAMBDARIC, NATIVE_CLIENT, configure, invoke, make_interpreter


def enter(configuration: FunctionConfiguration) -> None:
    async def enter_and_leave() -> None:
        async with Environment(configuration, log=print):
            pass

    asyncio.run(enter_and_leave())


def test_an_interpreter_without_the_runtime_client_names_the_extra(tmp_path: Path) -> None:
    python = make_interpreter(tmp_path / "bare")
    with pytest.raises(MissingExtra, match=rf"awslambdaric is missing.*{python} -m pip install 'lambdakit\[local\]'"):
        enter(configure(tmp_path, "", python=python))


def test_an_interpreter_without_the_debugger_names_it(tmp_path: Path, unused_port: int) -> None:
    python = make_interpreter(tmp_path / "undebugged", *AWSLAMBDARIC)
    with pytest.raises(MissingExtra, match=rf"debugpy is missing.*{python} -m pip install debugpy"):
        enter(configure(tmp_path, "", python=python, debug_port=unused_port))


def test_what_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not answer.*/nowhere/python"):
        enter(configure(tmp_path, "", python=Path("/nowhere/python")))
    with pytest.raises(UserError, match=r"does not answer.*/bin/false"):
        enter(configure(tmp_path, "", python=Path("/bin/false")))


def test_the_functions_interpreter_decides_what_it_can_import(tmp_path: Path) -> None:
    """A virtual environment below /tmp, as in a fresh clone there, stays usable."""
    source = """
        import importlib.util, sys
        handler = lambda event, context: [sys.prefix, importlib.util.find_spec("h11") is None]
    """
    python = make_interpreter(tmp_path / "other", *AWSLAMBDARIC, NATIVE_CLIENT)
    [(prefix, is_missing)] = invoke(configure(tmp_path, source, python=python)).results()
    assert (prefix, is_missing) == (str(tmp_path / "other"), True)


def test_an_interpreter_describes_itself() -> None:
    interpreter = asyncio.run(examine_interpreter(Path(sys.executable), is_debugged=False))
    assert interpreter.version == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert interpreter.base == Path(sys.base_prefix)
    assert {Path(sys.prefix), Path(sys.base_prefix)} <= set(interpreter.folders)
