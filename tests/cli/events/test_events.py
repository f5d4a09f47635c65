import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdakit.cli import run
from lambdakit.cli.events.command import make_commands
from lambdakit.events import FORMATS
from lambdakit.operations.event_factories import Events
from tests.cli.commands import invoke_local, toolkit

OUT = pytest.CaptureFixture[bytes]
TIME = "2026-07-10T19:19:04Z"
ECHO = "def handler(event, context):\n    return [record['body'] for record in event['Records']]\n"
DECLARATION = '[tool.lambdakit.functions.worker]\nhandler = "worker.handler"\n'


def printed(capture: OUT, *words: str) -> Any:
    assert run(["events", *words]) == 0
    return json.loads(capture.readouterr().out)


def refused(capture: OUT, *words: str) -> str:
    assert run(["events", *words]) == 2
    streams = capture.readouterr()
    assert streams.out == b""
    (line,) = streams.err.decode().splitlines()
    return line


@pytest.mark.parametrize("name", make_commands())
def test_every_source_has_a_command_that_says_the_same_each_time(capsysbinary: OUT, name: str) -> None:
    words = [name, "--seed", "1", "--time", TIME, "--region", "eu-west-1", "--account", "210987654321"]

    first = printed(capsysbinary, *words)
    assert first == printed(capsysbinary, *words)
    assert name.startswith(("vpc-lattice", "alb")) or "us-east-1" not in json.dumps(first)


def test_every_factory_has_a_command() -> None:
    names = {name for name in dir(Events) if not name.startswith("_")} - {"http", "choose_host"}
    of_http = {"function_url", "http_api", "http_api_one", "rest_api", "alb", "alb_multi_value"}

    assert set(make_commands()) == set(FORMATS) | {
        name.replace("_", "-") for name in names - of_http - {"vpc_lattice", "vpc_lattice_one"}
    }


def test_a_route_has_to_be_one_of_the_path(capsysbinary: OUT) -> None:
    words = ["rest-api", "POST", "--route", "/orders/{id}"]

    assert printed(capsysbinary, *words, "/orders/7?a=1")["pathParameters"] == {"id": "7"}
    assert refused(capsysbinary, *words, "/orders") == (
        "toolkit: no event holds this: the route /orders/{id} does not match the path /orders. Fix: correct the value"
    )


def test_an_http_request_is_described_as_for_a_call(capsysbinary: OUT) -> None:
    words = ["POST", "/orders?a=1", "--json", '{"id": 1}', "-H", "X-Note: tea", "--source-ip", "198.51.100.9"]
    event = printed(capsysbinary, "http-api", *words, "--authorizer", '{"jwt": {"claims": {"sub": "arthur"}}}')

    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["http"]["sourceIp"] == "198.51.100.9"
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "arthur"
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/orders", "a=1", '{"id": 1}')
    assert event["headers"]["x-note"] == "tea"


def test_options_of_every_kind_reach_the_event(capsysbinary: OUT, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"id": 7}')
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    queue = printed(
        capsysbinary,
        "sqs",
        "--body",
        f"@{tmp_path}/body.json",
        "--body",
        "tea",
        "--attributes",
        "a=b=c",
        "--group",
        "g",
    )["Records"]
    stream = printed(capsysbinary, "dynamodb", "--item", '{"pk": 1}', "--keys", "pk", "--view", "KEYS_ONLY")["Records"]
    kafka = printed(capsysbinary, "kafka", "--value", f"@{tmp_path}/picture", "--self-managed", "--partition", "3")
    mail = printed(capsysbinary, "ses", "--to", "a@example.com", "--to", "b@example.com")["Records"][0]["ses"]["mail"]

    assert [record["body"] for record in queue] == ['{"id": 7}', "tea"]
    assert queue[0]["messageAttributes"]["a"]["stringValue"] == "b=c"
    assert queue[0]["attributes"]["MessageGroupId"] == "g"
    assert stream[0]["dynamodb"]["Keys"] == {"pk": {"N": "1"}}
    assert "NewImage" not in stream[0]["dynamodb"]
    assert kafka["records"]["orders-3"][0]["value"] == "/9g="
    assert kafka["eventSource"] == "SelfManagedKafka"
    assert mail["destination"] == ["a@example.com", "b@example.com"]


def test_standard_input_is_content(tmp_path: Path) -> None:
    done = toolkit(tmp_path, "events", "sns", "--message", "-", stdin="größer".encode())

    assert json.loads(done.stdout)["Records"][0]["Sns"]["Message"] == "größer"


def test_an_event_is_piped_into_a_call(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(ECHO)
    (tmp_path / "pyproject.toml").write_text(DECLARATION)
    event = toolkit(tmp_path, "events", "sqs", "--body", "tea", "--body", "towel")
    for option in ("-e", "--event"):
        called = invoke_local(tmp_path, "worker", option, "-", stdin=event.stdout)
        assert (called.code, json.loads(called.stdout)) == (0, ["tea", "towel"])


COMMANDS: dict[str, Any] = make_commands()
WORDS = st.text(st.characters(exclude_characters="\0", codec="utf-8")).filter(
    lambda word: word != "-"
) | st.sampled_from(["@nowhere", "a=b", '{"a": "\\ud800"}', "[]", "{}", "7", "\udcff", "GET", "/x?a=%ff", "é=ü"])


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_there_is_an_event_or_one_line(capsysbinary: OUT, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(COMMANDS)))
    options = [each.opts[0] for each in COMMANDS[name].params if each.opts[0].startswith("--") and not each.is_flag]
    chosen = data.draw(st.lists(st.sampled_from(options), max_size=4))
    words = [name, *(word for option in chosen for word in (option, data.draw(WORDS)))]
    code = run(["events", *words])
    streams = capsysbinary.readouterr()

    if code == 0:
        assert isinstance(json.loads(streams.out), dict)
    else:
        assert (code, streams.out) == (2, b"")
        assert streams.err.startswith(b"toolkit: ")
        assert len(streams.err.decode(errors="replace").splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sqs", "--attributes", "kind"], "'kind' is no pair (in --attributes). Fix: write it as NAME=VALUE"),
        (["eventbridge", "--detail", "[1]"], "the JSON is no object (in --detail)."),
        (["eventbridge", "--detail", "{"], "invalid JSON: "),
        (["eventbridge", "--detail", "@nowhere.json"], "nowhere.json cannot be read: No such file or directory"),
        (["schedule", "--time", "noon"], "'noon' is no time (in --time). Fix: write it as 2026-07-10T19:19:04Z"),
        (["http-api", "GET", "orders"], "'orders' is no path (in PATH)."),
        (["http-api", "GET", "/", "--json", "{", "--data", "x"], "a request has one body"),
        (["http-api", "GET", "/", "--authorizer", "7"], "the JSON is no object (in --authorizer)."),
        (["alb", "--source-ip", "here"], "no event holds this: 'here' does not appear to be an IPv4 or IPv6 address."),
        (["sqs", "--body", "\udcff"], "no event holds this: 'utf-8' codec can't decode byte 0xff"),
        (["cognito", "--trigger", "never"], "Invalid value for '--trigger'"),
        (["sqs", "--receive-count", "many"], "Invalid value for '--receive-count'"),
        (["sqss"], "No such command 'sqss'."),
        (["sqs", "--text", "x"], "No such option: --text"),
    ],
)
def test_a_mistake_is_one_line(capsysbinary: OUT, words: list[str], message: str) -> None:
    assert refused(capsysbinary, *words).startswith(f"toolkit: {message}")


def test_without_a_source_there_is_help(capsysbinary: OUT) -> None:
    assert run(["events"]) == 2
    assert b"websocket-message" in capsysbinary.readouterr().err


def test_no_other_command_waits_for_the_factories(tmp_path: Path) -> None:
    program = (
        "import sys, lambdakit.cli; lambdakit.cli.run(['--version']); print([n for n in sys.modules if 'factor' in n])"
    )
    (tmp_path / "look.py").write_text(program)

    done = subprocess.run([sys.executable, "look.py"], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"
