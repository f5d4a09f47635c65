import re
import subprocess
import sys
from pathlib import Path

import pytest

import lambdakit
from lambdakit.cli import run
from tests.cli.commands import toolkit


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr() == (f"toolkit {lambdakit.__version__}\n", "")


def test_help_goes_to_standard_output_and_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0

    out, err = capsys.readouterr()
    assert out.startswith("Usage: toolkit ")
    assert "invoke-local" in out
    assert "--traceback" in out
    assert err == ""


def test_a_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["invoke-local", "-h"]) == 0
    assert capsys.readouterr().out.startswith("Usage: toolkit invoke-local ")


def test_no_command_is_a_mistake_that_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert "invoke-local" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["invoke-locl"], "No such command 'invoke-locl'. Did you mean 'invoke-local'?"),
        (["--versoin"], "No such option: --versoin"),
        (["invoke-local"], "Missing argument 'TARGET'"),
        (["invoke-local", "api", "GET", "/", "--repeat", "0"], "Invalid value for '--repeat': "),
        (["invoke-local", "api", "GET", "/", "--memory", "much"], "Invalid value for '--memory': "),
        (["dev", "--via", "nope"], "Invalid value for '--via': 'nope' is not one of 'function-url', "),
        (["invoke-local", "api", "GET", "/", "--header"], "Option '--header' requires an argument"),
    ],
)
def test_a_wrong_command_line_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"toolkit: {message}")
    assert re.search(r"\. Fix: see toolkit( invoke-local| dev)? --help\n$", err)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["--traceback", "invoke-local", "a:b:c"], ["invoke-local", "a:b:c", "--traceback"]]
)
def test_a_traceback_is_shown_on_demand(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2

    err = capsys.readouterr().err.splitlines()
    assert err[0] == "Traceback (most recent call last):"
    assert err[-1] == "toolkit: 'a:b:c' names no app (in TARGET). Fix: write module:attribute, as in shop.http:app"


def test_the_module_runs_the_command(tmp_path: Path) -> None:
    done = toolkit(tmp_path, "--version")

    assert (done.code, done.stdout.decode(), done.stderr) == (0, f"toolkit {lambdakit.__version__}\n", "")


def test_help_loads_no_emulator(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from lambdakit.cli import run
        run(["invoke-local", "--help"])
        print(*{"asyncio", "dotenv", "h11", "psutil", "rich", "lambdakit.emulator"} & sys.modules.keys())
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=60, check=True)

    assert done.stdout.splitlines()[-1] == b""
