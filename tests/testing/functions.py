"""A project with small functions, for the fixtures to run."""

import textwrap
from pathlib import Path

DECLARATION = """
[tool.lambdakit.functions.counter]
handler = "functions.count"
memory = 512
http = { via = "rest-api", auth = "none" }

[tool.lambdakit.functions.worker]
handler = "functions.work"
memory = 512
queue = { batch = 2, retries = 1 }

[tool.lambdakit.functions.ordered]
handler = "functions.work"
queue = { retries = 0, fifo = true }

[tool.lambdakit.functions.signed]
handler = "functions.count"
memory = 512
http = { via = "function-url", auth = "iam" }

[tool.lambdakit.functions.guarded]
handler = "functions.count"
memory = 512
http = { via = "http-api", auth = { function = "guard" } }

[tool.lambdakit.functions.guard]
handler = "functions.guard"

[tool.lambdakit.functions.nightly]
handler = "functions.work"
schedule = "rate(1 hour)"
"""
FUNCTIONS = """
import asyncio
import json
import os
import time
from pathlib import Path

calls = 0


def count(event, context):
    global calls
    calls += 1
    print("call", calls)
    seen = {"calls": calls, "pid": os.getpid(), "event": event, "word": os.environ.get("WORD")}
    return {"statusCode": 200, "body": json.dumps(seen)}


def work(event, context):
    answer = [json.loads(record["body"]) for record in event["Records"]]
    chosen = next((each for each in answer if "answer" in each), None)
    if chosen:
        return chosen["answer"]
    failures = [r["messageId"] for r, body in zip(event["Records"], answer) if body.get("bad")]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}


def guard(event, context):
    return {"isAuthorized": event["headers"]["authorization"] == "tea"}


def fail(event, context):
    raise ValueError(f"no {event}")


def write(event, context):
    for number in range(300):
        print("line", number)


def wait(event, context):
    print("came", event)
    while not Path("go").exists():
        time.sleep(0.01)
    return os.getpid()


async def stream(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    while not Path("go").exists():
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b" last"})
"""
TOOLS = """
from mcp.server import MCPServer

from lambdakit.asgi import LambdaApp

server = MCPServer("sums")


@server.tool()
def add(a: int, b: int) -> int:
    \"\"\"Add two numbers.\"\"\"
    return a + b


handler = LambdaApp(server.streamable_http_app(stateless_http=True, json_response=True))
"""


def write_project(folder: Path, **tests: str) -> Path:
    """Write the project, and tests by the names of their modules."""
    (folder / "pyproject.toml").write_text(DECLARATION)
    (folder / "functions.py").write_text(FUNCTIONS)
    (folder / "tools.py").write_text(TOOLS)
    for name, source in tests.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    return folder
