"""The command where no extra is installed."""

import subprocess
import sys
from pathlib import Path

import lambdakit


def test_a_missing_extra_is_one_line_and_a_mistake_of_the_user() -> None:
    # Without the site folder of this environment nothing is there but the standard library.
    program = f"import sys; sys.path.insert(0, {str(Path(lambdakit.__file__).parents[1])!r})\n"
    program += "from lambdakit.__main__ import main; main()"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "toolkit: the package 'typer' is missing. Fix: pip install 'lambdakit[local]'\n"
