import socket
import sys
from pathlib import Path

import pytest

from tests.cli.commands import Run, invoke_local

DECLARATION = f"""\
[tool.lambdakit]
python = "{sys.version_info.major}.{sys.version_info.minor}"
[tool.lambdakit.functions.api]
handler = "shop.handler"
[tool.lambdakit.functions.gone]
handler = "gone.handler"
[tool.lambdakit.functions.nameless]
handler = "shop.nameless"
[tool.lambdakit.functions.broken]
handler = "broken.handler"
[tool.lambdakit.functions.reserved]
handler = "shop.handler"
environment = {{ AWS_REGION = "eu-west-1" }}
"""

GET = ("GET", "/")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(DECLARATION)
    (tmp_path / "shop.py").write_text("number = 3\ndef handler(event, context): return {}\n")
    (tmp_path / "broken.py").write_text("def handler(:\n")
    (tmp_path / "event.json").write_text('{\n  "a": 1,\n  b: 2\n}\n')
    (tmp_path / "latin.json").write_bytes(b'"\xff"')
    (tmp_path / "without.py").write_text("import os\nimport missing_module\n")
    (tmp_path / "large.bin").write_bytes(b"x" * 1_048_577)
    (tmp_path / "served.py").write_text("async def app(scope, receive, send): ...\n")
    (tmp_path / "path.json").write_text('{"rawPath": 5, "requestContext": {"http": {"method": "GET"}}}')
    (tmp_path / "shape.json").write_text('{"warm": true}')
    (tmp_path / "queue.json").write_text('{"Records": [{"eventSource": "aws:sqs"}]}')
    (tmp_path / "some.env").write_text("A1=1\n\nB1\n")
    return tmp_path


def assert_refused(done: Run, *parts: str) -> None:
    assert done.code == 2
    (message,) = done.messages
    assert done.stdout == b""
    assert [part for part in parts if part not in message] == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        pytest.param(
            ("apy", *GET), ["'apy'", "api, gone, nameless", "pyproject.toml", "Fix: did you mean api?"], id="name"
        ),
        pytest.param(("zzz", *GET), ["'zzz'", "Fix: declare [tool.lambdakit.functions.zzz]"], id="undeclared"),
        pytest.param(("api:", *GET), ["'api:'", "TARGET", "module:attribute"], id="half an app"),
        pytest.param(("gone", *GET), ["ImportModuleError", "'gone'", "handler gone.handler", "Fix:"], id="module"),
        pytest.param(("nameless", *GET), ["HandlerNotFound", "'nameless'", "shop.nameless", "Fix:"], id="attribute"),
        pytest.param(("broken", *GET), ["UserCodeSyntaxError", "broken.py", "line 1", "Fix:"], id="syntax"),
        pytest.param(("broken:app", *GET), ["AppNotImportable", "broken.py:1", "correct that line"], id="app syntax"),
        pytest.param(("without:app", *GET), ["AppNotImportable", "'missing_module'", "without.py:2"], id="app import"),
        pytest.param(("shop.handler", *GET), ["'shop.handler'", "name an app as shop:handler"], id="dot for colon"),
        pytest.param(("shop.py:handler", *GET), ["'shop.py:handler'", "write shop:handler"], id="file for module"),
        pytest.param(("a/shop:handler", *GET), ["'a/shop:handler'", "write a.shop:handler"], id="path for module"),
        pytest.param(
            ("api", "POST", "/", "--via", "alb", "--data", "@large.bin"),
            ["1048577", "1048576", "S3"],
            id="large for alb",
        ),
        pytest.param(("served:app", "-e", "path.json"), ["MalformedEvent", "rawPath is 5", "Fix:"], id="bad event"),
        pytest.param(("served:app", "-e", "shape.json"), ["UnknownEvent", "the keys warm", "Fix:"], id="no event"),
        pytest.param(("served:app", "-e", "queue.json"), ["UnhandledEvent", "'sqs'", "Fix:"], id="unhandled event"),
        pytest.param(("gone:app", *GET), ["AppNotFound", "gone", "Fix:"], id="app module"),
        pytest.param(("shop:nameless", *GET), ["AppNotFound", "nameless", "Fix:"], id="app attribute"),
        pytest.param(("shop:number", *GET), ["NotAnApp", "int", "Fix:"], id="no app"),
        pytest.param(("reserved", *GET), ["AWS_REGION", "reserved", "function reserved", "Fix:"], id="reserved"),
        pytest.param(("api",), ["no request", "METHOD PATH", "--event"], id="nothing to send"),
        pytest.param(("api", "GET"), ["no request", "METHOD PATH", "Fix:"], id="method alone"),
        pytest.param(("api", "GET", "items"), ["'items'", "PATH", "slash"], id="path"),
        pytest.param(("api", "/items", "GET"), ["'/items'", "METHOD", "Fix:"], id="swapped"),
        pytest.param(("api", *GET, "-e", "event.json"), ["--event", "METHOD", "leave one"], id="two forms"),
        pytest.param(("api", "-e", "event.json", "-i"), ["--event", "--include", "leave one"], id="two forms, option"),
        pytest.param(("api", *GET, "--json", "1", "--data", "1"), ["--json and --data", "leave one"], id="two bodies"),
        pytest.param(("api", *GET, "--raw", "-i"), ["--include and --raw", "leave one"], id="two outputs"),
        pytest.param(("api", *GET, "-H", "x"), ["'x'", "--header", "Name: value"], id="header"),
        pytest.param(("api", *GET, "-H", "x y: z"), ["'x y: z'", "--header", "Name: value"], id="header name"),
        pytest.param(("api", *GET, "-H", "x: y\nz: 1"), ["y\\nz", "--header", "Name: value"], id="header injection"),
        pytest.param(("api", *GET, "--json", "{a: 1}"), ["JSON", "--json:1:2", "double quotes"], id="json"),
        pytest.param(("api", *GET, "--json", "NaN"), ["NaN", "--json", "Fix:"], id="json number"),
        pytest.param(("api", *GET, "--json", "@event.json"), ["JSON", "event.json:3:3", "Fix:"], id="json file"),
        pytest.param(("api", *GET, "--data", "@none"), ["none", "No such file", "--data", "Fix:"], id="body file"),
        pytest.param(("api", *GET, "--via", "http_api"), ["'http_api'", "--via", "did you mean http-api?"], id="via"),
        pytest.param(("api", "-e", "event.json"), ["JSON", "event.json:3:3", "double quotes"], id="event"),
        pytest.param(("api", "-e", "latin.json"), ["latin.json", "UTF-8"], id="event encoding"),
        pytest.param(("api", "-e", "none.json"), ["none.json", "No such file", "--event", "Fix:"], id="event file"),
        pytest.param(("api", "-e", "."), ["Is a directory", "--event", "Fix:"], id="event folder"),
        pytest.param(("api", "-e", "-"), ["JSON", "standard input:1:1", "Fix:"], id="standard input"),
        pytest.param(
            ("api", *GET, "--env-file", "none"), ["none", "No such file", "--env-file", "Fix:"], id="env file"
        ),
        pytest.param(("api", *GET, "--env-file", "some.env"), ["'B1'", "some.env:3", "NAME=value"], id="env line"),
        pytest.param(("api", *GET, "--env-file", "latin.json"), ["latin.json", "UTF-8", "Fix:"], id="env encoding"),
        pytest.param(("api", *GET, "--memory", "64"), ["64", "128 to 10240"], id="memory"),
        pytest.param(("api", *GET, "--timeout", "0"), ["timeout", "900"], id="time-out"),
    ],
)
def test_bad_input_is_one_line_that_says_what_where_and_how_to_fix_it(
    shop: Path, arguments: tuple[str, ...], parts: list[str]
) -> None:
    assert_refused(invoke_local(shop, *arguments), *parts)


def test_a_port_in_use_is_refused(shop: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = invoke_local(shop, "api", *GET, "--debug-port", port)

    assert_refused(done, port, "Address already in use", "Fix:")


def test_mistakes_in_the_declaration_are_all_shown(shop: Path) -> None:
    path = shop / "pyproject.toml"
    path.write_text('[tool.lambdakit.functions.api]\nhandler = "a.b"\nmemory = 64\nmemmory = 64\n')

    done = invoke_local(shop, "api", *GET)

    assert (done.code, done.stdout) == (2, b"")
    assert done.stderr.splitlines() == [
        "toolkit: pyproject.toml:3: functions.api.memory is 64, allowed: 128 to 10240 (MB)",
        "pyproject.toml:4: functions.api.memmory is no setting, nearest: memory",
    ]


def test_no_declaration_is_explained(tmp_path: Path) -> None:
    done = invoke_local(tmp_path, "api", *GET)

    assert_refused(done, "'api'", "no pyproject.toml with a [tool.lambdakit] table", str(tmp_path), "module:attribute")
