"""The tests that docs/guides/test-a-function.md shows pass, in the project that it shows."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
SECONDS = 110


def test_the_tests_of_the_guide_pass(tmp_path: Path) -> None:
    page = (DOCS / "guides/test-a-function.md").read_text(encoding="utf-8")
    (declaration,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shutil.copytree(DOCS / "snippets/test_a_function", tmp_path, dirs_exist_ok=True)
    (tmp_path / "pyproject.toml").write_text(declaration, encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert done.stdout.splitlines()[-1].startswith("11 passed"), done.stdout
