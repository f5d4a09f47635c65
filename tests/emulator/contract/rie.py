"""AWS's own Runtime Interface Emulator, whose Linux programs are inside the wheel of aws-sam-cli.

Source: https://github.com/aws/aws-lambda-runtime-interface-emulator and
https://github.com/aws/aws-sam-cli/tree/develop/samcli/local/rapid
"""

import base64
import fcntl
import hashlib
import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_PROJECT = Path(__file__).parents[3]
_WHEEL = "aws-sam-cli==1.170.0"
_PROGRAMS = {
    "x86_64": ("aws-lambda-rie-x86_64", "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5"),
    "aarch64": ("aws-lambda-rie-arm64", "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21"),
}
_DOWNLOAD_SECONDS = 90
_START_SECONDS = 10
_ANSWER_SECONDS = 30
_INVOKE = "/2015-03-31/functions/function/invocations"


class NotHere(Exception):
    """This machine cannot have the emulator; the text says why."""


@cache
def find_program() -> Path:
    """Return AWS's emulator, downloaded once for this clone; raises NotHere."""
    if sys.platform != "linux" or platform.machine() not in _PROGRAMS:
        raise NotHere(f"AWS builds its emulator for Linux on x86_64 and aarch64, this is {platform.platform()}")
    name, digest = _PROGRAMS[platform.machine()]
    program = _PROJECT / ".toolkit" / "rie" / digest[:16] / name
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / "lock").open("w") as lock:
        # Tests run in several processes, of which one downloads.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _download(name, digest, program)
    return program


def _download(name: str, digest: str, program: Path) -> None:
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        try:
            subprocess.run(
                [*command, "--dest", folder, _WHEEL], check=True, capture_output=True, timeout=_DOWNLOAD_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            raise NotHere(f"{_WHEEL} cannot be downloaded: {error} {said.decode()[-300:]}") from error
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            content = wheel.read(f"samcli/local/rapid/{name}")
        found = hashlib.sha256(content).hexdigest()
        assert found == digest, f"{name} of {_WHEEL} has the hash {found}, expected {digest}"
        new = Path(folder) / name
        new.write_bytes(content)
        new.chmod(0o755)
        new.replace(program)


class Caller:
    """Invokes the function of a running emulator, one invocation after the other.

    Two at a time crash it, unless it runs the function as Managed Instances do.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def invoke(self, payload: bytes, client_context: Mapping[str, object] | None) -> bytes:
        """Return the payload that the caller gets, of the result or of the error."""
        headers: dict[str, str] = {}
        if client_context is not None:
            headers["X-Amz-Client-Context"] = base64.b64encode(json.dumps(client_context).encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("POST", _INVOKE, payload, headers)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def run_emulator(
    command: list[str], folder: Path, variables: Mapping[str, str], *, around: Sequence[str] = ()
) -> Generator[Caller]:
    """Run AWS's emulator around the command of a runtime, and the program `around` around the emulator."""
    program = str(find_program())
    for attempt in range(5):
        port, runtime_port = _unused_ports()
        with tempfile.TemporaryFile() as output:
            addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
            addresses += ["--runtime-api-address", f"127.0.0.1:{runtime_port}"]
            process = subprocess.Popen(
                [*around, program, *addresses, *command],
                cwd=folder,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                # Another process may have taken a port in between.
                if _is_listening(process, port):
                    yield Caller(port)
                    return
            finally:
                _end(process)
            output.seek(0)
            assert attempt < 4, output.read().decode()


def _unused_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _is_listening(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    # On SIGTERM it kills the runtime, which has a process group of its own.
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=5)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_program()}\n")
    except NotHere as reason:
        sys.exit(f"{reason}. Without it nothing compares the local Lambda with AWS's own emulator.")
