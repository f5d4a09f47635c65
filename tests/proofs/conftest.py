import json
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="session")
def moto_address() -> Iterator[str]:
    """Run a server of moto's; what one test makes there is still there for the next."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    # It has no Docker to run functions in, and is told not to look for it.
    body = json.dumps({"lambda": {"use_docker": False}}).encode()
    urlopen(Request(f"{address}/moto-api/config", body, {"Content-Type": "application/json"}), timeout=30).close()
    yield address
    server.stop()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, moto_address: str) -> dict[str, str]:
    """Let this process, and those that get these variables, speak to moto as if it were AWS."""
    variables = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": moto_address,
    }
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # AWS's own policies are there only when asked for.
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    return variables


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a small zip: what it holds does not matter to who makes functions."""
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("probe.py", "handler = print")
    return path
