from pathlib import Path

from lambdakit.project import Function, HttpTrigger, McpSettings, McpTrigger, Project, QueueTrigger, TokenAuth, load

FULL = """
[project]
name = "shop"

[tool.lambdakit]
python = "3.12"
architecture = "x86_64"

[tool.lambdakit.mcp]
domain = "mcp.example.com"
table = "sessions"
key = "/shop/state-key"
issuer = "https://login.example.com/"

[tool.lambdakit.functions.api]
handler = "handlers.api.handler"
memory = 128
timeout = 900
http = { via = "rest-api", streaming = true, auth = "iam" }
environment = { STAGE = "dev", DATABASE = "" }

[tool.lambdakit.functions.tools]
handler = "handlers.tools.handler"
mcp.via = "http-api"
mcp.sessions = "dynamodb"
mcp.auth = { issuer = "https://login.example.com/", audience = "a", scopes = ["tools:read"] }

[tool.lambdakit.functions.worker]
handler = "handlers.worker.handler"
queue = { batch = 1, retries = 0, visibility = 29 }
schedule = "rate(5 minutes)"
"""


def test_a_full_declaration_becomes_a_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(FULL)

    assert load(tmp_path) == Project(
        root=tmp_path,
        python="3.12",
        architecture="x86_64",
        mcp=McpSettings(
            domain="mcp.example.com", table="sessions", key="/shop/state-key", issuer="https://login.example.com/"
        ),
        functions={
            "api": Function(
                name="api",
                handler="handlers.api.handler",
                memory=128,
                timeout=900,
                http=HttpTrigger(via="rest-api", streaming=True, auth="iam"),
                environment={"STAGE": "dev", "DATABASE": ""},
            ),
            "tools": Function(
                name="tools",
                handler="handlers.tools.handler",
                mcp=McpTrigger(
                    via="http-api",
                    sessions="dynamodb",
                    auth=TokenAuth(issuer="https://login.example.com/", audience="a", scopes=("tools:read",)),
                ),
            ),
            "worker": Function(
                name="worker",
                handler="handlers.worker.handler",
                queue=QueueTrigger(batch=1, retries=0, visibility=29),
                schedule="rate(5 minutes)",
            ),
        },
    )


def test_a_short_declaration_takes_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[tool.lambdakit.functions.api]\nhandler = "api.handler"\nhttp = { auth = "none" }\nqueue = {}\n')

    project = load(path)

    api = project.functions["api"]
    assert (project.root, project.python, project.architecture, project.mcp) == (
        tmp_path,
        "3.13",
        "arm64",
        McpSettings(),
    )
    assert (api.name, api.memory, api.timeout, api.environment) == ("api", 1024, 29, {})
    assert (api.http, api.mcp, api.schedule) == (
        HttpTrigger(via="function-url", streaming=False, auth="none"),
        None,
        None,
    )
    assert api.queue == QueueTrigger(batch=10, retries=3, visibility=180)


def test_an_empty_table_declares_no_function(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lambdakit]\n")

    assert load(tmp_path) == Project(root=tmp_path)
