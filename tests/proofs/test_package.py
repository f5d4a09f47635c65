"""The zip that is deployed: built for Lambda, and run here by AWS's own emulator as Lambda would start it."""

import json
import platform
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from lambdakit.errors import UserError
from lambdakit.events import FORMATS, Request
from proofs import managed
from proofs.package import PYTHON, build_package
from tests.emulator.contract.managed import invoke_patiently, run_managed_emulator
from tests.emulator.contract.rie import Caller, NotHere, find_program, run_emulator

FUNCTION_URL = FORMATS["function-url"]
BASE = Path(sys.base_prefix) / "bin" / f"python{PYTHON}"
"""An interpreter in which nothing is installed, as Lambda's."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return build_package(tmp_path_factory.mktemp("build") / "proofs")
    except UserError as error:
        if any(sign in str(error) for sign in ("No module named pip", "No matching distribution", "onnection")):
            pytest.skip(f"no package can be had here: {error}")
        raise


@pytest.fixture
def unpacked(package: Path, tmp_path: Path) -> Path:
    """Unpack the zip as Lambda does, with the modes that it tells."""
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, tmp_path))
            path.chmod(entry.external_attr >> 16 & 0o777)
    return tmp_path


def test_the_wrapper_script_may_be_started_by_everyone(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        assert {entry.create_system for entry in archive.infolist()} == {3}

    assert modes["lambdakit/runtime/bootstrap"] == 0o755
    assert modes["probe.py"] == 0o644
    assert all(mode & 0o444 == 0o444 for mode in modes.values())


def test_the_package_is_for_lambda_whatever_this_machine_is(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    natives = [name for name in names if name.endswith(".so")]

    assert natives
    assert all("x86_64-linux" in name for name in natives)
    assert {"fastapi/__init__.py", "lambdakit/asgi/app.py", "starlette/routing.py"} <= set(names)
    assert not [name for name in names if name.startswith(("awslambdaric/", "boto3/", "pip/")) or "__pycache__" in name]


def test_the_same_source_makes_the_same_entries(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        entries = archive.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    names = [PurePosixPath(entry.filename) for entry in entries]
    assert names == sorted(names)


def encode(method: str, path: str) -> bytes:
    route, _, query = path.partition("?")
    request = Request(method, route, route.encode(), query.encode(), [(b"host", b"probe.test")], b"")
    return json.dumps(FUNCTION_URL.encode_request(request)).encode()


def send(caller: Caller, method: str, path: str) -> bytes:
    return caller.invoke(encode(method, path), None)


def read(payload: bytes) -> Any:
    return json.loads(FUNCTION_URL.decode_response(json.loads(payload)).body)


@pytest.fixture
def task(unpacked: Path) -> Path:
    """Return the unpacked zip where it can run: with an interpreter in which nothing is installed."""
    if platform.machine() != "x86_64" or not BASE.exists():
        pytest.skip(f"the package needs Python {PYTHON} on x86_64, and this machine has none without packages")
    try:
        find_program()
    except NotHere as reason:
        pytest.skip(str(reason))
    empty = subprocess.run([BASE, "-c", "import fastapi"], capture_output=True, check=False, timeout=30)
    if empty.returncode != 1:
        pytest.skip(f"{BASE} has packages of its own, so that a zip without them would run as well")
    return unpacked


def test_the_unpacked_zip_serves_the_probe_under_aws_own_emulator(task: Path) -> None:
    command = [str(task / "lambdakit" / "runtime" / "bootstrap"), str(BASE), "/var/runtime/bootstrap.py"]
    variables = {"PATH": "/usr/bin:/bin", "LAMBDA_TASK_ROOT": str(task), "_HANDLER": "probe.handler"}
    with run_emulator(command, task, variables) as caller:
        host = read(send(caller, "GET", "/marks"))
        number = read(send(caller, "POST", "/jobs/7?seconds=0.05"))
        done = read(send(caller, "GET", "/jobs"))
    with run_emulator(command, task, {**variables, "LAMBDAKIT_STREAMING": "function-url"}) as caller:
        streamed = send(caller, "GET", "/stream?pieces=3&pause=0.01")

    assert (host["is_hosted"], host["marks"]) == (True, ["startup"])
    assert (number, done) == ({"number": 7}, [7])
    assert streamed.endswith(bytes(8) + b"data: 0\n\ndata: 1\n\ndata: 2\n\n")


def test_the_unpacked_zip_proves_managed_instances_under_aws_own_emulator(task: Path) -> None:
    command = f"/var/task/lambdakit/runtime/bootstrap /var/base/bin/python{PYTHON} /var/runtime/bootstrap.py"
    payload = encode("GET", "/wait?seconds=1")
    try:
        with run_managed_emulator(task, command, {"_HANDLER": "probe.handler"}, at_once=16) as caller:
            finding = managed.measure(
                lambda: json.loads(FUNCTION_URL.decode_response(invoke_patiently(caller, payload)).body)
            )
    except NotHere as reason:
        pytest.skip(str(reason))

    assert finding.passed, finding.problem
    assert (finding.figures["processes"], finding.figures["most in one process"]) == ("1", "16")
