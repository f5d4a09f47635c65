"""What docs/guides/serve-an-app.md says of its programs."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lambdakit.asgi import LambdaApp
from tests.asgi.apps import Deadline, make_event, send
from tests.cli.commands import invoke_local

SNIPPETS = Path(__file__).parents[2] / "docs/snippets/serve_an_app"
ON_LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}


@contextmanager
def program(name: str) -> Generator[LambdaApp]:
    """Yield the handler of a program of its own import, and close it."""
    specification = importlib.util.spec_from_file_location(f"serve_an_app_{name}", SNIPPETS / f"{name}.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    try:
        yield module.handler
    finally:
        module.handler.close()


def run(statements: str, **variables: str) -> list[str]:
    """Return the lines that statements print in a process of their own, in the folder of the programs."""
    command = [sys.executable, "-c", statements]
    environment = {**os.environ, "PYTHONPATH": str(SNIPPETS.parents[2]), **variables}
    done = subprocess.run(
        command, cwd=SNIPPETS, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["app_object", "factory"])
def test_an_app_and_a_factory_are_served(name: str) -> None:
    with program(name) as handler:
        assert json.loads(send(handler, "/items/42").body) == {"id": 42}


@pytest.mark.parametrize(("variables", "is_loaded"), [({}, False), (ON_LAMBDA, True)])
def test_a_name_is_imported_in_init_on_lambda_and_with_the_first_event_elsewhere(
    variables: dict[str, str], is_loaded: bool
) -> None:
    statements = "import sys, handlers.api; print('fastapi' in sys.modules)"

    assert run(statements, **variables) == [str(is_loaded)]


def test_the_ready_made_handler_serves_an_app_a_factory_or_a_handler() -> None:
    item = "from lambdakit.asgi.handler import handler; from tests.asgi.apps import make_event; "
    item += "print(handler(make_event('/items/42'), None)['statusCode'])"

    for name in ("app_object:app", "factory:create_app", "app_object:handler"):
        assert run(item, LAMBDAKIT_APP=name) == ["200"]


def test_the_lifespan_starts_once_and_in_init_on_lambda_unless_a_snapshot_follows() -> None:
    statements = (
        "from lifespan import handler; print('init ends'); from tests.asgi.apps import make_event; "
        "print([handler(make_event('/prices/tea'))['body'] for _ in range(2)])"
    )
    answers, closed = "['450', '450']", "the shop closes"

    assert run(statements) == ["init ends", "the shop opens", answers, closed]
    assert run(statements, **ON_LAMBDA) == ["the shop opens", "init ends", answers, closed]
    snapshot = {**ON_LAMBDA, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    assert run(statements, **snapshot) == ["init ends", "the shop opens", answers, closed]


def test_the_shutdown_does_not_run_in_the_local_lambda(tmp_path: Path) -> None:
    shutil.copy(SNIPPETS / "lifespan.py", tmp_path)

    done = invoke_local(tmp_path, "lifespan:handler", "GET", "/prices/tea")

    assert (done.code, done.stdout) == (0, b"450")
    assert "the shop opens" in done.stderr
    assert "the shop closes" not in done.stderr


def test_a_base_path_is_part_of_the_addresses_and_not_of_the_routes() -> None:
    with program("prefixes") as handler:
        below, beside = send(handler, "/v1/items/42"), send(handler, "/items/42")
        behind_a_stage = send(handler, "/v1/items/42", via="rest-api")

    assert json.loads(below.body) == {"address": "https://shop.example.com/v1/items/42"}
    assert json.loads(beside.body) == {"address": "https://shop.example.com/items/42"}
    assert json.loads(behind_a_stage.body) == {"address": "https://shop.example.com/prod/v1/items/42"}


def test_a_content_type_of_ones_own_travels_as_text() -> None:
    with program("text_types") as handler:
        result = handler(make_event("/recipe"))

    assert (result["body"], result["isBase64Encoded"]) == ("flour", False)


def test_events_go_to_the_callable_of_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        {"eventSource": "aws:sqs", "messageId": "1", "body": '{"item_id": 42}'},
        {"eventSource": "aws:sqs", "messageId": "2", "body": "{}"},
    ]
    schedule = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-11-24T12:00:00Z"}

    with program("events") as handler:
        assert handler({"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
        assert handler(schedule) is None
        assert handler({"job": 1}) == {"got": {"job": 1}}

    assert capsys.readouterr().out == "counting the stock of 2026-11-24T12:00:00Z\n"


def test_an_event_without_a_service_reaches_the_local_lambda(tmp_path: Path) -> None:
    shutil.copy(SNIPPETS / "events.py", tmp_path)

    done = invoke_local(tmp_path, "events:handler", "--event", "-", stdin=b'{"job": 1}')

    assert (done.code, json.loads(done.stdout)) == (0, {"got": {"job": 1}})


@pytest.mark.parametrize(("context", "is_complete"), [(None, True), (Deadline(29_000), True), (Deadline(1_000), False)])
def test_a_route_can_ask_how_much_time_is_left(context: object, is_complete: bool) -> None:
    with program("deadline") as handler:
        response = send(handler, "/offers", context=context)

    assert json.loads(response.body)["complete"] is is_complete


SLOW_ROUTES = {
    "waits": "@app.get('/')\nasync def wait() -> None: await asyncio.sleep(30)",
    "blocks a thread": "@app.get('/')\ndef block() -> None: time.sleep(30)",
    "blocks the loop": "@app.get('/')\nasync def block() -> None: time.sleep(30)",
}
BACKGROUND_WORK = """
async def work() -> None: await asyncio.sleep(30)
@app.get('/')
async def leave_work(tasks: BackgroundTasks) -> str:
    tasks.add_task(work)
    return "answered"
"""
SLOW_HEAD = "import asyncio, time\nfrom fastapi import BackgroundTasks, FastAPI\napp = FastAPI()\n"


@pytest.mark.parametrize("name", SLOW_ROUTES)
def test_what_is_not_done_before_the_time_out_is_a_504_unless_it_blocks_the_loop(tmp_path: Path, name: str) -> None:
    (tmp_path / "slow.py").write_text(SLOW_HEAD + SLOW_ROUTES[name])

    done = invoke_local(tmp_path, "slow:app", "GET", "/", "--timeout", "1")

    if name == "blocks the loop":
        assert (done.code, json.loads(done.stdout)["errorType"]) == (1, "Sandbox.Timedout")
    else:
        assert (done.code, json.loads(done.stdout)["status"]) == (0, 504)


def test_a_complete_response_goes_out_although_the_work_after_it_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW_HEAD + BACKGROUND_WORK)

    done = invoke_local(tmp_path, "slow:app", "GET", "/", "--timeout", "1")

    assert (done.code, done.stdout) == (0, b'"answered"')
    assert "was cut off before the function's time-out" in done.stderr


def test_the_test_of_the_page_passes() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "test_app_object.py"]
    environment = {**os.environ, "PYTHONPATH": str(SNIPPETS)}

    done = subprocess.run(
        command, cwd=SNIPPETS, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert "1 passed" in done.stdout
    assert done.returncode == 0
