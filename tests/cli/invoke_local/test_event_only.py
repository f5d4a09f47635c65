import io
import json
from pathlib import Path
from typing import Any

import pytest

from lambdakit.cli import run
from lambdakit.events import FORMATS, Request


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """Return a function that runs `invoke-local --event-only` in an empty folder and returns the event."""
    monkeypatch.chdir(tmp_path)

    def event(*arguments: str) -> Any:
        assert run(["invoke-local", "shop.http:app", *arguments, "--event-only"]) == 0
        out, err = capfdbinary.readouterr()
        assert err == b""
        assert out.endswith(b"\n")
        return json.loads(out)

    return event


def request_in(event: Any, name: str = "function-url") -> Request:
    return FORMATS[name].decode_request(event)


def test_a_request_becomes_the_event_of_a_function_url(capture: Any) -> None:
    request = request_in(capture("get", "/items/42?limit=5&limit=6#top"))

    assert (request.method, request.path, request.query, request.body) == ("GET", "/items/42", b"limit=5&limit=6", b"")
    assert (b"host", request.server[0].encode() if request.server else b"") in request.headers
    assert (b"user-agent", b"toolkit") in request.headers
    assert not [name for name, _ in request.headers if name.startswith(b"content-")]


@pytest.mark.parametrize("name", FORMATS)
def test_every_source_can_send_the_request(capture: Any, name: str) -> None:
    event = capture("PUT", "/a%2Fb/c", "--via", name, "-H", "Host: example.com", "-d", "x=1")

    request = request_in(event, name)
    assert (request.method, request.body) == ("PUT", b"x=1")
    assert request.path.endswith("/c")
    assert (b"host", b"example.com") in request.headers


@pytest.mark.parametrize(
    ("typed", "raw_path", "path", "query"),
    [
        ("/ä b", b"/%C3%A4%20b", "/ä b", b""),
        ("/%C3%A4+b", b"/%C3%A4+b", "/ä+b", b""),
        ("/a;b=1,2@c:d", b"/a;b=1,2@c:d", "/a;b=1,2@c:d", b""),
        ("/?q=ä b&r=[1]", b"/", "/", b"q=%C3%A4%20b&r=[1]"),
        ("/?a?b", b"/", "/", b"a?b"),
        ("//double", b"//double", "//double", b""),
    ],
)
def test_a_path_is_sent_as_a_client_would(capture: Any, typed: str, raw_path: bytes, path: str, query: bytes) -> None:
    request = request_in(capture("GET", typed))

    assert (request.raw_path, request.path, request.query) == (raw_path, path, query)


@pytest.mark.parametrize(
    ("option", "text", "content_type"),
    [("--json", '{"a": [1, "ä"]}', b"application/json"), ("--data", "a=1&b=ä", b"application/x-www-form-urlencoded")],
)
def test_a_body_brings_its_type_and_length(capture: Any, option: str, text: str, content_type: bytes) -> None:
    request = request_in(capture("POST", "/", option, text))

    assert request.body == text.encode()
    assert (b"content-type", content_type) in request.headers
    assert (b"content-length", str(len(text.encode())).encode()) in request.headers


def test_a_header_wins_over_what_the_toolkit_would_send(capture: Any) -> None:
    request = request_in(
        capture("POST", "/", "--json", "1", "-H", "Content-Type: application/merge-patch+json", "-H", "USER-agent:me")
    )

    assert [value for name, value in request.headers if name == b"content-type"] == [b"application/merge-patch+json"]
    assert [value for name, value in request.headers if name == b"user-agent"] == [b"me"]


def test_a_body_can_come_from_a_file(capture: Any) -> None:
    Path("body.bin").write_bytes(b"\x00\xff")

    assert request_in(capture("POST", "/", "--data", "@body.bin")).body == b"\x00\xff"


def test_a_body_can_come_from_standard_input(capture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))

    assert request_in(capture("POST", "/", "--json", "-")).body == b'{"a": 1}'


def test_an_event_is_sent_as_it_is(capture: Any) -> None:
    Path("event.json").write_text('{"Records": [{"body": "ä"}]}', encoding="utf-8")

    assert capture("--event", "event.json") == {"Records": [{"body": "ä"}]}


def test_the_declared_trigger_chooses_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.lambdakit.functions.api]\nhandler = "a.b"\nhttp = { via = "alb", auth = "none" }\n'
    )
    monkeypatch.chdir(tmp_path)

    assert run(["invoke-local", "api", "GET", "/x", "--event-only"]) == 0

    event = json.loads(capfdbinary.readouterr().out)
    assert "elb" in event["requestContext"]
    assert request_in(event, "alb").path == "/x"


REST = """
[tool.lambdakit.functions.api]
handler = "app.handler"
http = { via = "rest-api", auth = "none", stage = "test", resources = ["/orders/{id}"], binary_media_types = [] }
"""


def test_a_rest_api_sends_what_it_is_declared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "pyproject.toml").write_text(REST)
    monkeypatch.chdir(tmp_path)
    assert run(["invoke-local", "api", "POST", "/orders/5", "-d", "tea", "--event-only"]) == 0
    event = json.loads(capfdbinary.readouterr().out)
    assert (event["resource"], event["pathParameters"]) == ("/orders/{id}", {"id": "5"})
    assert (event["requestContext"]["path"], event["isBase64Encoded"], event["body"]) == (
        "/test/orders/5",
        False,
        "tea",
    )


def test_a_path_that_no_declared_resource_takes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "pyproject.toml").write_text(REST)
    monkeypatch.chdir(tmp_path)
    assert run(["invoke-local", "api", "GET", "/items", "--event-only"]) == 2
    assert capfdbinary.readouterr().err == (
        b"toolkit: no resource of the API has the path '/items' (in PATH). Fix: call one of /orders/{id}\n"
    )
