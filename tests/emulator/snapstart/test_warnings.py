import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.snapstart.restoring import RUNTIMES, Taken, take


def warnings_of(folder: Path, source: str, *, runtime: str = "lambdakit", **settings: object) -> list[str]:
    """Return all that is said at the snapshot and after the first restore; after the second nothing is."""
    found: list[str] = []

    async def use(taken: Taken) -> None:
        first, second = await taken.restore(), await taken.restore()
        found.extend([*taken.snapshot.warnings, *first.warnings])
        assert second.warnings == []

    take(folder, source, use, runtime=runtime, **settings)
    return found


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("made", "label"),
    [
        ("INSTANCE = uuid.uuid4()", "app.INSTANCE"),
        ("instance_id = str(uuid.uuid4())", "app.instance_id"),
        ("key = uuid.uuid4().hex", "app.key"),
        ("settings = {'ids': [uuid.uuid4()]}", "app.settings.ids[0]"),
        ("class Client: pass\nclient = Client()\nclient.session = uuid.uuid4().hex", "app.client.session"),
    ],
)
def test_an_id_that_init_made_is_named(tmp_path: Path, made: str, label: str, runtime: str) -> None:
    [warning] = warnings_of(tmp_path, f"import uuid\n{made}\nhandler = print", runtime=runtime)
    assert warning == f"{label} was made in init and is the same in every environment; make it in an after_restore hook"


def test_ids_are_found_in_what_the_handler_imports_too(tmp_path: Path) -> None:
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "ids.py").write_text("import uuid\nmade = uuid.uuid4()\n")
    [warning] = warnings_of(tmp_path, "from ids import made\nhandler = print")
    assert warning.split()[0] in {"app.made", "ids.made"}, "the same one is named once"


@pytest.mark.parametrize(
    "source",
    [
        'APPLICATION = "8f14e45f-ceea-467f-9d8f-0c7d3c8f8a11"',
        'import uuid\nAPPLICATION = uuid.UUID("8F14E45F-ceea-467f-9d8f-0c7d3c8f8a11")',
        "import os\nTENANT = os.environ['TENANT']",
        "import uuid\nNOTHING = uuid.UUID(int=0)",
        "from uuid import NAMESPACE_DNS",
        "import hashlib\nCHECKSUM = hashlib.sha256(b'').hexdigest()",
        "from random import SystemRandom\nnumbers = SystemRandom()",
        "import secrets",
    ],
)
def test_what_is_written_down_or_configured_is_no_id_of_init(tmp_path: Path, source: str) -> None:
    variables = {"TENANT": "0e4fab12-9d8f-467f-ceea-0c7d3c8f8a11"}
    assert warnings_of(tmp_path, f"{source}\nhandler = print", variables=variables) == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_a_hook_after_the_restore_makes_anew_is_no_matter(tmp_path: Path, runtime: str) -> None:
    source = """
        import random, uuid
        from lambdakit.coldstart import after_restore
        instance, numbers = uuid.uuid4(), random.Random()
        random.random()
        @after_restore
        def renew():
            global instance
            instance = uuid.uuid4()
            numbers.seed()
            random.seed()
        handler = print
    """
    assert warnings_of(tmp_path, source, runtime=runtime) == []


@pytest.mark.parametrize(
    ("source", "beginning"),
    [
        ("import random\nrandom.random()", "the module random gives the same numbers in every environment; call"),
        ("import random", "the module random gives the same numbers in every environment; call random.seed()"),
        ("from random import choice", "the module random gives the same numbers in every environment"),
        (
            "import random\nnumbers = random.Random()",
            "app.numbers gives the same numbers in every environment; seed it",
        ),
    ],
)
def test_generators_that_go_on_with_the_same_numbers_are_named(tmp_path: Path, source: str, beginning: str) -> None:
    assert [line for line in warnings_of(tmp_path, f"{source}\nhandler = print") if line.startswith(beginning)]


@pytest.fixture
def database() -> Iterator[int]:
    """A server that takes connections and says nothing; its port."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            try:
                while True:
                    kept.append(server.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for each in kept:
        each.close()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_connection_that_was_open_at_the_snapshot_is_named_and_dead(
    tmp_path: Path, database: int, runtime: str
) -> None:
    source = f"""
        import socket
        connection = socket.create_connection(("127.0.0.1", {database}))
        connection.sendall(b"hello")
        def handler(event, context):
            try:
                connection.sendall(b"again")
                return connection.recv(9).decode()
            except OSError as error:
                return type(error).__name__
    """

    async def use(taken: Taken) -> None:
        [warning] = taken.snapshot.warnings
        assert warning.startswith(f"the connection to 127.0.0.1:{database} (app.connection) is open at the snapshot")
        for _ in range(2):
            assert await taken.call(await taken.restore()) == "ConnectionResetError"

    take(tmp_path, source, use, runtime=runtime)


def test_a_connection_that_is_closed_before_the_snapshot_is_no_matter(tmp_path: Path, database: int) -> None:
    source = f"""
        import socket
        from lambdakit.coldstart import after_restore, before_snapshot
        connection = None
        @after_restore
        def connect():
            global connection
            connection = socket.create_connection(("127.0.0.1", {database}))
        connect()
        @before_snapshot
        def disconnect():
            connection.close()
        def handler(event, context):
            connection.sendall(b"again")
    """

    async def use(taken: Taken) -> None:
        assert taken.snapshot.warnings == []
        assert await taken.call(await taken.restore()) is None

    take(tmp_path, source, use)


def test_threads_that_do_not_run_on_are_named(tmp_path: Path) -> None:
    source = """
        import threading, time
        for name in ("poller", "flusher"):
            threading.Thread(target=time.sleep, args=[600], daemon=True, name=name).start()
        handler = print
    """
    [warning] = warnings_of(tmp_path, source)
    assert warning.startswith("threads of init run on after a restore on AWS, and not here: flusher, poller;")


def test_child_processes_that_do_not_run_on_are_named(tmp_path: Path) -> None:
    source = """
        import subprocess
        subprocess.run(["/bin/true"], check=True)
        started = [subprocess.Popen(["/bin/sleep", "600"]) for _ in range(2)]
        handler = print
    """
    [warning] = warnings_of(tmp_path, source)
    assert warning.startswith("child processes of init run on after a restore on AWS, and not here: sleep, sleep;")


def test_credentials_that_expire_are_named_and_those_of_the_role_are_not(tmp_path: Path) -> None:
    source = """
        import boto3
        role = boto3.client("sqs")
        role._request_signer._credentials.get_frozen_credentials()
        handler = print
    """
    assert [line for line in warnings_of(tmp_path, source) if "credentials" in line] == []
    fixed = 'given = boto3.client("sqs", aws_access_key_id="a", aws_secret_access_key="b", aws_session_token="c")'
    source = source.replace("handler = print", f"{fixed}\n        handler = print")
    [warning] = [line for line in warnings_of(tmp_path, source) if "credentials" in line]
    assert warning.startswith("botocore has read credentials in init that it cannot renew")
