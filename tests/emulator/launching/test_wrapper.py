import sys
from pathlib import Path

import pytest

from lambdakit.emulator import FunctionConfiguration
from lambdakit.errors import UserError
from tests.emulator.functions import configure, invoke

SHOW = """
    import os, sys
    def handler(event, context):
        return [os.environ.get("FROM_WRAPPER"), os.environ["AWS_LAMBDA_EXEC_WRAPPER"]]
"""


def configure_with(
    folder: Path, script: str | None, *, name: str = "/var/task/wrap", mode: int = 0o755
) -> FunctionConfiguration:
    configuration = configure(folder, SHOW, variables={"AWS_LAMBDA_EXEC_WRAPPER": name}, timeout=30)
    if script is not None:
        path = configuration.task_root / "wrap"
        path.write_text(script)
        path.chmod(mode)
    return configuration


def test_a_wrapper_script_starts_the_runtime(tmp_path: Path) -> None:
    script = '#!/bin/sh\necho "wrapping $1"\nexport FROM_WRAPPER=yes\nexec "$@"\n'
    run = invoke(configure_with(tmp_path, script))
    assert run.results() == [["yes", "/var/task/wrap"]]
    assert run.lines("wrapping ") == [f"wrapping {sys.executable}"]


def test_a_wrapper_may_be_a_program_of_the_machine(tmp_path: Path) -> None:
    assert invoke(configure_with(tmp_path, None, name="/usr/bin/env")).results() == [[None, "/usr/bin/env"]]


@pytest.mark.parametrize(
    ("script", "mode", "complaint", "status"),
    [
        (None, 0o755, "/var/task/wrap does not exist", 127),
        ("#!/bin/sh\n", 0o644, "/var/task/wrap is not executable: chmod +x ", 126),
        ("#!/bin/sh\nexit 9\n", 0o755, "", 9),
    ],
)
def test_a_wrapper_script_that_starts_nothing_fails_init(
    tmp_path: Path, script: str | None, mode: int, complaint: str, status: int
) -> None:
    run = invoke(configure_with(tmp_path, script, mode=mode))
    [outcome], [error] = run.outcomes, run.results()
    assert (outcome.phase, outcome.error_type) == ("init", "Runtime.ExitError")
    assert error["errorMessage"].endswith(f"Runtime exited with error: exit status {status}")
    assert any(complaint in line for line in run.log)


def test_the_toolkits_own_wrapper_starts_its_runtime_wherever_the_package_has_it(tmp_path: Path) -> None:
    source = """
        import sys
        handler = lambda event, context: "lambdakit.runtime" in sys.modules
    """
    name = "/var/task/lambdakit/runtime/bootstrap"
    configuration = configure(tmp_path, source, variables={"AWS_LAMBDA_EXEC_WRAPPER": name}, timeout=30)
    assert invoke(configuration).results() == [True]


def test_two_scripts_cannot_start_one_runtime(tmp_path: Path) -> None:
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    with pytest.raises(UserError, match=r"itself started in place of /opt/wrapper.*choose one of the two"):
        configure(tmp_path, "", runtime="lambdakit", variables=variables)
