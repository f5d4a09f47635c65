from pathlib import Path

import pytest

from lambdakit.errors import DeclarationError
from lambdakit.project import FunctionAuth, HttpTrigger, TokenAuth, load

HEAD = '[project]\nname = "shop"\n\n[tool.lambdakit.functions.api]\nhandler = "api.handler"\n'


def refusal(folder: Path, text: str) -> list[str]:
    """Return the lines that refuse a declaration, with the path reduced to the file's name."""
    path = folder / "pyproject.toml"
    path.write_bytes(text.encode())
    with pytest.raises(DeclarationError) as caught:
        load(path)
    return str(caught.value).replace(str(path), "pyproject.toml").split("\n")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("memory = 64", "memory is 64, allowed: 128 to 10240 (MB)"),
        ("memory = 10241", "memory is 10241, allowed: 128 to 10240 (MB)"),
        ("memory = true", "memory is true, allowed: 128 to 10240 (MB)"),
        ("memory = 512.0", "memory is 512.0, allowed: 128 to 10240 (MB)"),
        ('memory = "512"', 'memory is "512", allowed: 128 to 10240 (MB)'),
        ("memory = nan", "memory is NaN, allowed: 128 to 10240 (MB)"),
        ('log_format = "json"', 'log_format is "json", allowed: "Text", "JSON"'),
        ('log_level = "INFO"', 'log_level filters JSON logs alone, allowed: with log_format = "JSON"'),
        (
            'system_log_level = "WARN"',
            'system_log_level filters JSON logs alone, allowed: with log_format = "JSON"',
        ),
        ('system_log_level = "ERROR"', 'system_log_level is "ERROR", allowed: "DEBUG", "INFO"'),
        ("max_concurrency = 1601", "max_concurrency is 1601, allowed: 1 to 1600 (invocations)"),
        ('extensions = ""', 'extensions is "", allowed: a string that is not empty'),
        ("timeout = 0", "timeout is 0, allowed: 1 to 900 (s)"),
        ("timeout = 901", "timeout is 901, allowed: 1 to 900 (s)"),
        ("timeout = 1979-05-27", 'timeout is "1979-05-27", allowed: 1 to 900 (s)'),
        ("memmory = 512", "memmory is no setting, nearest: memory"),
        (
            "arn = 1",
            "arn is no setting, allowed: handler, memory, timeout, environment, http, mcp, queue, schedule, ",
        ),
        ('name = "x"', "name is no setting, allowed: "),
        ("environment = 1", "environment is 1, allowed: a table"),
        ("environment = { PORT = 80 }", "environment.PORT is 80, allowed: a string"),
        ('environment = { 1A = "" }', "environment.1A has a name that cannot be used, allowed: two or more letters"),
        ("http = true", "http is true, allowed: a table"),
        ("http = {}", 'http.auth is missing, allowed: "none", "iam", a table with issuer, audience and scopes'),
        ('http = { auth = "jwt" }', 'http.auth is "jwt", allowed: "none", "iam", a table with issuer, '),
        (
            'http = { auth = "none", via = "url" }',
            'http.via is "url", allowed: "function-url", "http-api", "rest-api", "alb"',
        ),
        ('http = { auth = "none", streaming = 1 }', "http.streaming is 1, allowed: true, false"),
        (
            'http = { auth = "none", streaming = true, via = "http-api" }',
            'http.streaming is true, but via = "http-api" cannot stream; function-url and rest-api can',
        ),
        (
            'mcp = { auth = "none", streaming = true, via = "alb" }',
            'mcp.streaming is true, but via = "alb" cannot stream; function-url and rest-api can',
        ),
        (
            'http = { auth = "none", stage = "test" }',
            'http.stage is "test", but via = "function-url" has no stages; http-api and rest-api have',
        ),
        (
            'http = { auth = "none", via = "rest-api", stage = "a b" }',
            'http.stage is "a b", allowed: 1 to 128 letters, digits, hyphens and underscores',
        ),
        (
            'http = { auth = "none", via = "http-api", resources = ["/"] }',
            'http.resources is for a REST API, but via = "http-api", allowed: with via = "rest-api"',
        ),
        (
            'http = { auth = "none", via = "rest-api", resources = ["/{rest+}/more"] }',
            'http.resources is ["/{rest+}/more"], allowed: a list of paths such as "/", "/orders/{id}" and "/{proxy+}"',
        ),
        (
            'mcp = { auth = "none", via = "rest-api", binary_media_types = ["png"] }',
            'mcp.binary_media_types is ["png"], allowed: a list of media types such as "image/png" and "*/*"',
        ),
        ('http = { auth = "iam", via = "alb" }', 'http.auth is "iam", but via = "alb" cannot check AWS signatures; '),
        (
            'mcp = { auth = { issuer = "http://x", audience = "a" } }',
            'mcp.auth.issuer is "http://x", allowed: an address that starts with "https://", or with "http://"',
        ),
        ('mcp = { auth = { issuer = "https://x" } }', "mcp.auth.audience is missing, allowed: a string"),
        (
            'mcp = { auth = { issuer = "https://x", audience = "a", scopes = [1] } }',
            "mcp.auth.scopes is [1], allowed: ",
        ),
        (
            'http = { auth = { function = "a b" }, via = "http-api" }',
            'http.auth.function is "a b", allowed: 1 to 64 letters, digits, hyphens and underscores',
        ),
        (
            'http = { auth = { function = "guard", ttl = 3601 }, via = "http-api" }',
            "http.auth.ttl is 3601, allowed: 0 to 3600 (s)",
        ),
        (
            'http = { auth = { function = "guard", identity = ["Authorization"] }, via = "http-api" }',
            'http.auth.identity is ["Authorization"], allowed: a list of "$request.header.NAME" and ',
        ),
        (
            'http = { auth = { function = "guard", issuer = "https://x" }, via = "http-api" }',
            "http.auth.issuer is no setting, ",
        ),
        (
            'http = { auth = { function = "guard", identity = [] }, via = "http-api" }',
            "http.auth.identity is empty, allowed: at least one source, or ttl = 0",
        ),
        (
            'http = { auth = { function = "guard", event = "token", identity = [] , ttl = 0}, via = "rest-api" }',
            'http.auth.identity is not one header, allowed: one header, with event = "token"',
        ),
        (
            'http = { auth = { function = "guard", event = "token" }, via = "http-api" }',
            'http.auth has event = "token", but via = "http-api" sends whole requests; rest-api sends tokens',
        ),
        (
            'http = { auth = { function = "guard" } }',
            'http.auth names a function, but via = "function-url" asks none; http-api and rest-api do',
        ),
        ('mcp = { auth = "none", sessions = "redis" }', 'mcp.sessions is "redis", allowed: "none", "dynamodb"'),
        ("queue = { batch = true }", "queue.batch is true, allowed: 1 to 10000 (messages)"),
        ("queue = { batch = 0 }", "queue.batch is 0, allowed: 1 to 10000 (messages)"),
        ("queue = { batch = 11 }", "queue.batch is 11, allowed: up to 10, or more with window = 1 (s) or longer"),
        ("queue = { batch = 11, fifo = true }", "queue.batch is 11, allowed: up to 10 with fifo = true"),
        ("queue = { window = 1, fifo = true }", "queue.window is 1 (s), allowed: 0 with fifo = true"),
        ("queue = { concurrency = 1 }", "queue.concurrency is 1, allowed: 2 to 1000 (batches)"),
        ("queue = { visibility = 28 }", "queue has visibility = 28 (s), allowed: at least timeout = 29 (s)"),
        ('schedule = "rate(1 minutes)"', 'schedule is "rate(1 minutes)", allowed: "rate(5 minutes)", '),
        ('schedule = "5 minutes"', 'schedule is "5 minutes", allowed: "rate(5 minutes)", '),
    ],
)
def test_a_wrong_setting_is_reported_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    (message,) = refusal(tmp_path, HEAD + line + "\n")

    assert message.startswith(f"pyproject.toml:6: functions.api.{problem}")


@pytest.mark.parametrize(
    "handler", ["api", "api:handler", "api.", ".handler", "api..handler", "1a.handler", "a b.c", ""]
)
def test_a_handler_is_a_dotted_path(tmp_path: Path, handler: str) -> None:
    assert refusal(tmp_path, f'[tool.lambdakit.functions.api]\nhandler = "{handler}"\n') == [
        f'pyproject.toml:2: functions.api.handler is "{handler}", allowed: "package.module.attribute"'
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tool.lambdakit]\npython = "3.10"', '2: python is "3.10", allowed: "3.11", "3.12", "3.13", "3.14"'),
        ("[tool.lambdakit]\npython = 3.13", '2: python is 3.13, allowed: "3.11", "3.12", "3.13", "3.14"'),
        ('[tool.lambdakit]\n\narch = "arm"', "3: arch is no setting, nearest: architecture"),
        ("[tool]\nlambdakit = 3", "2: tool.lambdakit is 3, allowed: a table"),
        ("[tool.lambdakit]\nfunctions = []", "2: functions is [], allowed: a table"),
        ("[tool.lambdakit.functions]\napi = 1", "2: functions.api is 1, allowed: a table"),
        (
            '[tool.lambdakit.functions."a."]\nhandler = "a.b"',
            "1: functions.a. has a name that cannot be used, allowed: 1 to 64 letters, digits, hyphens and underscores",
        ),
        (
            "[tool.lambdakit]\n[tool.lambdakit.functions.api]\nmemory = 128",
            '2: functions.api.handler is missing, allowed: "package.module.attribute"',
        ),
        (
            '[tool.lambdakit]\npython = "3.12"\n[tool.lambdakit.functions.a]\nhandler = "a.b"\nmax_concurrency = 2',
            '2: python is "3.12", but a has max_concurrency, allowed: "3.13", "3.14"',
        ),
        ('[tool.lambdakit.mcp]\nkeys = "a"', "2: mcp.keys is no setting, nearest: key"),
    ],
)
def test_a_mistake_outside_functions_is_reported_too(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == [f"pyproject.toml:{message}"]


def test_every_mistake_is_reported_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
[tool.lambdakit.functions.api]
memory = 64
handler = "api.handler"

[tool.lambdakit.functions.worker]
# a comment
environment = { A1 = "x", B1 = 2 }
handler = 1

[tool.lambdakit]
python = "3"
"""

    assert refusal(tmp_path, text) == [
        "pyproject.toml:2: functions.api.memory is 64, allowed: 128 to 10240 (MB)",
        "pyproject.toml:7: functions.worker.environment.B1 is 2, allowed: a string",
        'pyproject.toml:8: functions.worker.handler is 1, allowed: "package.module.attribute"',
        'pyproject.toml:11: python is "3", allowed: "3.11", "3.12", "3.13", "3.14"',
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_value_over_several_lines_is_reported_where_it_starts(tmp_path: Path, newline: str) -> None:
    lines = [
        "[tool.lambdakit.functions.api]",
        'handler = """',
        'memory = 1"""',
        "mcp.auth.scopes = [",
        '  "a",',
        "  2,",
        "]",
        'mcp.auth.audience = "a"',
        'mcp.auth.issuer = "https://x"',
        "",
    ]

    assert [message.split(" ")[0] for message in refusal(tmp_path, newline.join(lines))] == [
        "pyproject.toml:2:",
        "pyproject.toml:4:",
    ]


def test_a_syntax_error_is_reported_with_its_line(tmp_path: Path) -> None:
    (message,) = refusal(tmp_path, "[tool.lambdakit]\npython 3\n")

    assert message.startswith("the file is not valid TOML: ")
    assert "at line 2, column 8" in message
    assert message.endswith("(in pyproject.toml)")


LOOPBACK = ("http://127.0.0.1:9/", "http://localhost", "http://localhost:9/a", "http://[::1]:9")
OTHERS = ("http://127.0.0.2", "http://localhost.example.com", "http://localhost:9@example.com", "http://::1", "ftp://x")


@pytest.mark.parametrize("issuer", [*LOOPBACK, *OTHERS])
def test_an_issuer_needs_https_but_on_this_machine(tmp_path: Path, issuer: str) -> None:
    auth = TokenAuth(issuer=issuer, audience="a")
    text = f'{HEAD}http = {{ via = "http-api", auth = {{ issuer = "{issuer}", audience = "a" }} }}\n'

    if issuer in OTHERS:
        (message,) = refusal(tmp_path, text)
        assert message.startswith(f'pyproject.toml:6: functions.api.http.auth.issuer is "{issuer}", allowed: ')
    else:
        (tmp_path / "pyproject.toml").write_text(text)
        assert load(tmp_path).functions["api"].http == HttpTrigger(via="http-api", auth=auth)


def test_a_file_without_the_table_is_refused(tmp_path: Path) -> None:
    (message,) = refusal(tmp_path, "[tool]\n")

    assert message == "there is no [tool.lambdakit] table (in pyproject.toml). Fix: add one to declare functions"


@pytest.mark.parametrize("folder", ["missing", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(DeclarationError, match="cannot be read: No such file or directory") as caught:
        load(tmp_path / folder)

    assert str(tmp_path) in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b"[tool.lambdakit]\n\xff\n")

    with pytest.raises(DeclarationError, match="the file is not UTF-8"):
        load(path)


def test_an_authorizer_has_to_be_declared(tmp_path: Path) -> None:
    http = 'http = { via = "http-api", auth = { function = "guard" } }\n'

    assert refusal(tmp_path, HEAD + http) == [
        'pyproject.toml:6: functions.api.http.auth.function is "guard", allowed: a declared function, api'
    ]
    assert refusal(tmp_path, f'{HEAD}mcp.via = "rest-api"\nmcp.auth.ttl = 0\nmcp.auth.function = "guard"\n') == [
        'pyproject.toml:8: functions.api.mcp.auth.function is "guard", allowed: a declared function, api'
    ]
    (tmp_path / "pyproject.toml").write_text(
        f'{HEAD}{http}[tool.lambdakit.functions.guard]\nhandler = "guard.handler"\n'
    )
    http_trigger = load(tmp_path).functions["api"].http
    assert http_trigger is not None
    assert http_trigger.auth == FunctionAuth(function="guard", ttl=300, identity=("$request.header.Authorization",))
