"""Run `toolkit` as a user does: as a process of its own, in a folder of the test."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    code: int
    stdout: bytes
    stderr: str

    @property
    def messages(self) -> list[str]:
        """What the toolkit itself says, the function's logs apart."""
        return [line for line in self.stderr.splitlines() if line.startswith("toolkit: ")]


def toolkit(folder: Path, *arguments: str, stdin: bytes = b"") -> Run:
    command = [sys.executable, "-m", "lambdakit", *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, timeout=60, check=False)
    return Run(done.returncode, done.stdout, done.stderr.decode())


def invoke_local(folder: Path, *arguments: str, stdin: bytes = b"") -> Run:
    return toolkit(folder, "invoke-local", *arguments, stdin=stdin)
